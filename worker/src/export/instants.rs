//! Photographs and what was seen on them, instant by instant: two streams in the order of time, read side by side. By the
//! instant and not by the image, for two databases may order the ids of one instant differently.

use chrono::{DateTime, Utc};
use deertrack_catalog::{CatalogError, Frame, Image, Record, Sighting};
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};

/// What has a photograph's time.
pub(super) trait Taken {
    fn taken_at(&self) -> Option<DateTime<Utc>>;
}

impl Taken for Frame {
    fn taken_at(&self) -> Option<DateTime<Utc>> {
        self.taken_at
    }
}

impl Taken for Image {
    fn taken_at(&self) -> Option<DateTime<Utc>> {
        self.taken_at
    }
}

impl Taken for Sighting {
    fn taken_at(&self) -> Option<DateTime<Utc>> {
        self.taken_at
    }
}

impl Taken for Record {
    fn taken_at(&self) -> Option<DateTime<Utc>> {
        self.image.taken_at
    }
}

/// What was seen on an image.
pub(super) trait OfImage: Taken {
    /// The image's id, then its own.
    fn of_image(&self) -> (&str, &str);
}

impl OfImage for Sighting {
    fn of_image(&self) -> (&str, &str) {
        (&self.image_id, &self.id)
    }
}

impl OfImage for Record {
    fn of_image(&self) -> (&str, &str) {
        (&self.image.id, &self.id)
    }
}

/// The instants of a span.
pub(super) struct Instants<'a, P, S> {
    photographs: Ahead<'a, P>,
    seen: Ahead<'a, S>,
}

/// A stream with its next row.
struct Ahead<'a, T> {
    rows: BoxStream<'a, Result<T, CatalogError>>,
    next: Option<T>,
}

impl<'a, P, S> Instants<'a, P, S>
where
    P: Taken + Send + Sync + 'a,
    S: Taken + Send + Sync + 'a,
{
    /// Both streams must come in the order in which photographs were taken.
    pub(super) async fn of(
        photographs: BoxStream<'a, Result<P, CatalogError>>,
        seen: BoxStream<'a, Result<S, CatalogError>>,
    ) -> Result<Self, CatalogError> {
        Ok(Self { photographs: Ahead::of(photographs).await?, seen: Ahead::of(seen).await? })
    }

    /// Adds everything of the next instant; `None` behind the last.
    pub(super) async fn next(
        &mut self,
        photographs: &mut Vec<P>,
        seen: &mut Vec<S>,
    ) -> Result<Option<DateTime<Utc>>, CatalogError> {
        let next = [self.photographs.at(), self.seen.at()].into_iter().flatten().min();
        if let Some(at) = next {
            self.photographs.take(at, photographs).await?;
            self.seen.take(at, seen).await?;
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
