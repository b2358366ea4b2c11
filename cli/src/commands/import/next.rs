//! What to do with what was imported: the two commands that make a report of it, with the days in which there is something.

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use deertrack_catalog::{CatalogError, connect};
use deertrack_survey::calendar::Calendar;

/// The longest range that a request may have.
const LONGEST: Days = Days::new(365);

/// The commands; none where no camera stood at a time that can be true.
///
/// # Errors
/// When the database cannot be read.
pub(super) async fn commands(url: &str, now: DateTime<Utc>) -> Result<Option<String>, CatalogError> {
    let catalog = connect(url).await?;
    let calendar = Calendar::of(&catalog.places().await?, Tz::UTC);
    let stood = catalog.deployments(DateTime::UNIX_EPOCH..now).await?;
    let spans = stood.iter().map(|stand| {
        let end = stand.end.unwrap_or(now).min(now);
        local_days([stand.start, end], |at| calendar.day(Some(&stand.place_id), at))
    });
    Ok(days(spans).map(|days| in_words(url, days)))
}

/// The first day of a span and its last; one that ends at midnight ends with the day before.
fn local_days([start, end]: [DateTime<Utc>; 2], day: impl Fn(DateTime<Utc>) -> NaiveDate) -> [NaiveDate; 2] {
    [start, end - TimeDelta::seconds(1)].map(day)
}

/// The last days in which cameras stood, as many as a request may have.
fn days(spans: impl Iterator<Item = [NaiveDate; 2]>) -> Option<[NaiveDate; 2]> {
    let [first, last] = spans.reduce(|[first, last], [start, end]| [first.min(start), last.max(end)])?;
    let first = first.max(last - LONGEST);
    (first < last).then_some([first, last])
}

fn in_words(url: &str, [first, last]: [NaiveDate; 2]) -> String {
    let by = match last - first {
        days if days > TimeDelta::days(120) => "month",
        days if days > TimeDelta::days(14) => "week",
        _ => "day",
    };
    format!(
        "next, a report of it; leave the first running, and give the second in another terminal:\n  deertrack up --database \
         {}\n  deertrack submit pdf --start-date {first} --end-date {last} --group-by {by} --output report.pdf",
        shown(url)
    )
}

/// The database as a shell takes it; one with a password by its variable, for terminals are looked at and logged.
fn shown(url: &str) -> String {
    let authority =
        url.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next()?.rsplit_once('@'));
    let has_password = authority.is_some_and(|(user, _)| user.contains(':')) || url.contains("password=");
    if has_password { "\"$DATABASE_URL\"".to_owned() } else { quoted(url) }
}

/// As a shell takes it for one word.
fn quoted(word: &str) -> String {
    let is_plain = |sign: char| sign.is_ascii_alphanumeric() || "/:._-@=%+,".contains(sign);
    if word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_printed() {
        assert_eq!(shown("sqlite://deer season.db"), "'sqlite://deer season.db'");
        assert_eq!(shown("postgres://deer@host/name"), "postgres://deer@host/name");
        for secret in ["postgres://deer:p@ss@host/name", "postgres://host/name?user=a&password=b"] {
            assert_eq!(shown(secret), "\"$DATABASE_URL\"");
        }
    }

    #[test]
    fn the_days_are_those_of_the_cameras_as_far_as_a_request_goes() {
        let at = |text: &str| text.parse().expect("an instant");
        let stood = |from: &str, to: &str| {
            let day = |at: DateTime<Utc>| at.with_timezone(&chrono_tz::America::Chicago).date_naive();
            local_days([at(from), at(to)], day)
        };
        let told = |spans: &[[NaiveDate; 2]]| {
            days(spans.iter().copied()).map(|days| in_words("sqlite://my deer's.db", days))
        };
        let season = [
            stood("2024-09-01T05:00:00Z", "2024-12-01T06:00:00Z"),
            stood("2024-09-03T17:00:00Z", "2024-10-01T17:00:00Z"),
        ];
        assert_eq!(
            told(&season).expect("a season"),
            "next, a report of it; leave the first running, and give the second in another terminal:\n  deertrack up \
             --database 'sqlite://my deer'\\''s.db'\n  deertrack submit pdf --start-date 2024-09-01 --end-date 2024-11-30 \
             --group-by week --output report.pdf"
        );
        let years = told(&[stood("2020-01-01T06:00:00Z", "2025-06-02T05:00:00Z")]).expect("years");
        assert!(years.contains("--start-date 2024-06-01 --end-date 2025-06-01 --group-by month"), "{years}");
        assert_eq!(told(&[]), None);
    }
}
