//! What exports read of a database, on a terminal.

use deertrack_catalog::{Reading, ThingReading};

use crate::print;

/// Prints what is read from where, what is missing and what that costs, and three rows of each.
pub(crate) fn tell(reading: &Reading) {
    for thing in &reading.things {
        tell_thing(thing);
    }
}

fn tell_thing(thing: &ThingReading) {
    let source = thing.source.as_deref().unwrap_or("not there");
    print::line(&format!("\n{:<12} {source}", thing.name));
    if let Some(cost) = &thing.cost {
        print::line(&format!("             -> no {}: {cost}", thing.name));
    }
    for field in &thing.fields {
        print::line(&format!("  {:<38} {} ({})", field.names.join(", "), field.from, field.form));
    }
    for missing in &thing.missing {
        print::line(&format!("  {:<38} missing: {}", missing.names.join(", "), missing.cost));
    }
    for note in &thing.notes {
        print::line(&format!("  note: {note}"));
    }
    if let Some(problem) = &thing.problem {
        print::line(&format!("  PROBLEM: {problem}"));
    }
    for (number, row) in thing.examples.iter().enumerate() {
        let values: Vec<String> = row.iter().map(|(name, value)| format!("{name}={value}")).collect();
        print::line(&format!("  example {}: {}", number + 1, values.join(" | ")));
    }
}
