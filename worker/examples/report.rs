//! A report without Redis and without a worker: from a database to a file, for looking at pages.
//!
//! `cargo run -p deertrack-worker --example report -- sqlite://catalog.db '{"start_date": "2025-09-01", "end_date":
//! "2025-12-31", "group_by": "week"}' report.pdf [TIME-ZONE]`. Takes what `POST /api/exports/pdf` takes; made at the
//! end of the last day, so that the same database gives the same bytes.

use std::error::Error;

use chrono::{Days, NaiveTime};
use deertrack_catalog::connect;
use deertrack_schemas::{Export, Kind, Request, Valid};
use deertrack_worker::export::{Exporter, ImagesFolder, Job, Kinds, Progress};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [database, parameters, file, zone @ ..] = &arguments[..] else {
        return Err("give a database URL, the parameters as JSON and a file".into());
    };
    let request = Request::from_json(Kind::Pdf, parameters.as_bytes())?;
    let Export::Pdf(params) = &request.export else {
        return Err("these are no parameters of a report".into());
    };
    let behind = params.end_date + Days::new(1);
    let command = request.into_command("example".parse()?, behind.and_time(NaiveTime::MIN).and_utc());
    Valid::check(command.clone(), behind)?;
    let kinds = Kinds {
        catalog: connect(database).await?,
        zone: zone.first().map_or("UTC", String::as_str).parse()?,
        images: ImagesFolder::of(None, database),
    };
    let rendered = kinds.export(&Job::alone(Progress::silent()), &command).await?;
    std::fs::write(file, rendered.content.into_bytes()?)?;
    Ok(())
}
