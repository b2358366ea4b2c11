//! One artifact of every kind from a database, without Redis and without a worker: `scripts/artifact-hashes.sh` prints
//! their hashes, so that a change which shall change nothing can show it.
//!
//! `cargo run -p deertrack-worker --example artifacts -- DATABASE FIRST-DAY LAST-DAY TIME-ZONE FOLDER`. The job id and
//! the time of each command are fixed (the end of the last day): the same rows and files give the same bytes. An
//! export that is refused leaves what it says as `NAME.refused.txt`.

use std::error::Error;
use std::fs;
use std::path::Path;

use chrono::{Datelike, Days, NaiveDate, NaiveTime};
use deertrack_catalog::connect;
use deertrack_schemas::{Kind, Request, Valid};
use deertrack_worker::export::{Exporter, ImagesFolder, Job, Kinds, Progress};
use serde_json::{Value, json};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, first, last, zone, folder] = &arguments[..] else {
        return Err("give a database URL, the first and the last day, a time zone and a folder".into());
    };
    let (first, last): (NaiveDate, NaiveDate) = (first.parse()?, last.parse()?);
    let kinds = Kinds {
        catalog: connect(database).await?,
        zone: zone.parse()?,
        images: ImagesFolder::of(None, database),
    };
    for (name, kind, more) in wanted(first, last)? {
        let (extension, bytes) = artifact(&kinds, kind, last, request(first, last, &more)).await?;
        fs::write(Path::new(folder).join(format!("{name}.{extension}")), bytes)?;
    }
    Ok(())
}

/// The name of a file, its kind, and its parameters beside the days.
type Wanted = (String, Kind, Value);

/// Every kind, with what tells its files apart.
fn wanted(first: NaiveDate, last: NaiveDate) -> Result<Vec<Wanted>, Box<dyn Error>> {
    let year = |day: NaiveDate, years| day.with_year(day.year() - years).ok_or("a day that few years have");
    let earlier = |years| -> Result<Value, Box<dyn Error>> {
        Ok(json!({"start_date": year(first, years)?, "end_date": year(last, years)?}))
    };
    let compared = json!([earlier(1)?, earlier(2)?]);
    let mut wanted = vec![
        ("pdf-day".to_owned(), Kind::Pdf, json!({"group_by": "day", "paper": "letter", "units": "us"})),
        ("pdf-week".to_owned(), Kind::Pdf, json!({"group_by": "week"})),
        ("pdf-month".to_owned(), Kind::Pdf, json!({"group_by": "month", "exact_coordinates": true})),
        (
            "pdf-compared".to_owned(),
            Kind::Pdf,
            json!({"group_by": "month", "report_type": "comparison", "compare_with": compared}),
        ),
        ("zip".to_owned(), Kind::Zip, json!({"crop_size": 256})),
        ("zip-listed".to_owned(), Kind::Zip, json!({"include_crops": false})),
        ("table-all".to_owned(), Kind::Table, json!({"format": "xlsx"})),
        ("table-all-places".to_owned(), Kind::Table, json!({"format": "geojson"})),
        ("camtrap-dp".to_owned(), Kind::CamtrapDp, json!({})),
        ("camtrap-dp-exact".to_owned(), Kind::CamtrapDp, json!({"exact_coordinates": true})),
        ("reid".to_owned(), Kind::Reid, json!({"sample_size": 40, "seed": 7})),
        ("reid-same-sex".to_owned(), Kind::Reid, json!({"same_sex": true, "thresholds": [0.625, 0.7]})),
    ];
    for topic in ["detections", "visits", "effort", "individuals"] {
        for format in ["csv", "xlsx", "geojson"] {
            let more = json!({"format": format, "topic": topic, "visit_gap_since": "last_record"});
            wanted.push((format!("table-{topic}"), Kind::Table, more));
        }
    }
    Ok(wanted)
}

fn request(first: NaiveDate, last: NaiveDate, more: &Value) -> Value {
    let mut request = json!({"start_date": first, "end_date": last});
    if let (Some(request), Some(more)) = (request.as_object_mut(), more.as_object()) {
        request.extend(more.clone());
    }
    request
}

/// The ending of the file's name, and its bytes.
async fn artifact(
    kinds: &Kinds,
    kind: Kind,
    last: NaiveDate,
    request: Value,
) -> Result<(String, Vec<u8>), Box<dyn Error>> {
    let behind = last + Days::new(1);
    let request = Request::from_json(kind, request.to_string().as_bytes())?;
    let extension = request.export.file().extension;
    let command = request.into_command("example".parse()?, behind.and_time(NaiveTime::MIN).and_utc());
    Valid::check(command.clone(), behind)?;
    match kinds.export(&Job::alone(Progress::silent()), &command).await {
        Ok(rendered) => Ok((extension.to_owned(), rendered.content.into_bytes()?)),
        Err(refused) => Ok((format!("{extension}.refused.txt"), format!("{refused}\n").into_bytes())),
    }
}
