//! One folder for each export kind: load, compute, draw. This file lists them; what a kind may use and what it gives is
//! told in [`Cx`] and [`Job`].

use std::sync::Arc;

use async_trait::async_trait;
use chrono_tz::Tz;
use deertrack_catalog::Catalog;
use deertrack_schemas::{Command, Export};

use crate::JobError;

mod archive;
pub mod camtrap_dp;
mod coordinates;
mod cx;
mod images;
mod instants;
mod job;
mod left_out;
mod memory;
mod passages;
pub mod pdf;
mod picture_size;
mod picture_time;
mod pieces;
pub mod reid;
mod rows;
mod scratch;
mod species;
mod species_words;
pub mod table;
mod table_text;
mod team;
mod text;
mod told_zone;
mod turns;
mod whole;
mod window;
mod words;
pub mod zip;

pub use cx::{Cx, Rendered};
pub use images::ImagesFolder;
pub use job::{Job, Progress, Step};
pub use scratch::Room;

/// Makes the artifact of a command. The one of production is [`Kinds`]; tests of the supervision bring their own.
#[async_trait]
pub trait Exporter: Send + Sync {
    /// Runs `command` to its end, or until `job.stop`.
    ///
    /// # Errors
    /// See [`JobError`]: whether another try may help.
    async fn export(&self, job: &Job, command: &Command) -> Result<Rendered, JobError>;

    /// Whether what every export needs, but for Redis and the export folder, is there; what was found.
    ///
    /// # Errors
    /// What is not, and what to do, in a sentence.
    async fn ready(&self) -> Result<String, String> {
        Ok("nothing is needed".to_owned())
    }
}

/// All kinds over one database.
pub struct Kinds {
    /// The platform's database.
    pub catalog: Arc<dyn Catalog>,
    /// The configured zone (`DEERTRACK_TIMEZONE`).
    pub zone: Tz,
    /// Where the photographs are (`DEERTRACK_IMAGES_DIR`).
    pub images: ImagesFolder,
}

#[async_trait]
impl Exporter for Kinds {
    async fn ready(&self) -> Result<String, String> {
        match self.catalog.ping().await {
            // One that answers, whatever it says, is no reason to wait: each job tells what is wrong.
            Err(error) if error.is_away() => {
                Err(format!("{error}; start it, or check DATABASE_URL (host, port, user, password)"))
            }
            _ => Ok("answers".to_owned()),
        }
    }

    async fn export(&self, job: &Job, command: &Command) -> Result<Rendered, JobError> {
        // A platform changes its tables while workers run.
        self.catalog.refresh().await?;
        let cx = Cx {
            catalog: Arc::clone(&self.catalog),
            zone: self.zone,
            images: self.images.clone(),
            job: job.clone(),
        };
        match &command.export {
            Export::Pdf(params) => pdf::render(&cx, command, params).await,
            Export::Zip(params) => zip::render(&cx, command, params).await,
            Export::Table(params) => table::render(&cx, command, params).await,
            Export::CamtrapDp(params) => camtrap_dp::render(&cx, command, params).await,
            Export::Reid(params) => reid::render(&cx, command, params).await,
        }
    }
}
