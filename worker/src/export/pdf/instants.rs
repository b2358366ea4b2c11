//! Photographs and what was seen on them, instant by instant: two streams in the order of time, read side by side. By the
//! instant and not by the image, for two databases may order the ids of one instant differently.

use chrono::{DateTime, Utc};
use deertrack_catalog::{CatalogError, Frame, Sighting};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};

/// Everything of one instant.
#[derive(Debug, Default)]
pub(super) struct Instant {
    pub(super) frames: Vec<Frame>,
    /// Those of one image side by side.
    pub(super) sightings: Vec<Sighting>,
}

/// The instants of a span.
pub(super) struct Instants<'a> {
    frames: Ahead<'a, Frame>,
    sightings: Ahead<'a, Sighting>,
}

/// A stream with its next row.
struct Ahead<'a, T> {
    rows: BoxStream<'a, Result<T, CatalogError>>,
    next: Option<T>,
}

/// What has a photograph's time.
trait Taken {
    fn taken_at(&self) -> Option<DateTime<Utc>>;
}

impl Taken for Frame {
    fn taken_at(&self) -> Option<DateTime<Utc>> {
        self.taken_at
    }
}

impl Taken for Sighting {
    fn taken_at(&self) -> Option<DateTime<Utc>> {
        self.taken_at
    }
}

impl<'a> Instants<'a> {
    /// Both streams must come in the order in which photographs were taken.
    pub(super) async fn of(
        frames: BoxStream<'a, Result<Frame, CatalogError>>,
        sightings: BoxStream<'a, Result<Sighting, CatalogError>>,
    ) -> Result<Self, CatalogError> {
        Ok(Self { frames: Ahead::of(frames).await?, sightings: Ahead::of(sightings).await? })
    }

    /// The next instant, into `instant`; `None` behind the last.
    pub(super) async fn next(
        &mut self,
        instant: &mut Instant,
    ) -> Result<Option<DateTime<Utc>>, CatalogError> {
        instant.frames.clear();
        instant.sightings.clear();
        let next = [self.frames.at(), self.sightings.at()].into_iter().flatten().min();
        if let Some(at) = next {
            self.frames.take(at, &mut instant.frames).await?;
            self.sightings.take(at, &mut instant.sightings).await?;
            instant.sightings.sort_by(|a, b| a.image_id.cmp(&b.image_id));
        }
        Ok(next)
    }
}

impl<'a, T: Taken + Send + Sync + 'a> Ahead<'a, T> {
    async fn of(rows: BoxStream<'a, Result<T, CatalogError>>) -> Result<Self, CatalogError> {
        let timed = rows.try_filter(|row| std::future::ready(row.taken_at().is_some()));
        let mut ahead = Self { rows: timed.boxed(), next: None };
        ahead.next = ahead.rows.try_next().await?;
        Ok(ahead)
    }

    fn at(&self) -> Option<DateTime<Utc>> {
        self.next.as_ref().and_then(Taken::taken_at)
    }

    async fn take(&mut self, at: DateTime<Utc>, rows: &mut Vec<T>) -> Result<(), CatalogError> {
        while self.at() == Some(at) {
            rows.extend(self.next.take());
            self.next = self.rows.try_next().await?;
        }
        Ok(())
    }
}
