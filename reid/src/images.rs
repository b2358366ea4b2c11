//! Which pictures hold several detections, known without a map of all pictures.

/// Images that were named more than once, and how often.
pub(crate) struct Repeated(Vec<(u32, u32)>);

impl Repeated {
    pub(crate) fn of(images: impl Iterator<Item = u32>) -> Self {
        let mut images: Vec<u32> = images.collect();
        images.sort_unstable();
        let groups = images.chunk_by(|a, b| a == b).filter(|group| group.len() > 1);
        Self(groups.map(|group| (group[0], group.len() as u32)).collect())
    }

    /// How many images.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The place of an image among them, and how often it was named.
    pub(crate) fn place(&self, image: u32) -> Option<(usize, u32)> {
        let place = self.0.binary_search_by_key(&image, |(image, _)| *image).ok()?;
        Some((place, self.0[place].1))
    }
}
