//! What a report says of its data, in numbers.

/// What a report says of its data.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Facts {
    pub(super) rejected: u64,
    pub(super) duplicates: u64,
    /// What shows no deer, in words.
    pub(super) no_deer: Vec<String>,
    /// Boxes that are no part of their photograph.
    pub(super) wrong_boxes: u64,
    /// Images that nobody has looked at yet.
    pub(super) not_looked_at: u64,
    /// Further boxes of an animal that is counted already.
    pub(super) overlapping: u64,
    /// Detections that a person has looked at, of those that count or overlap.
    pub(super) reviewed: u64,
    pub(super) images: u64,
    /// Images that tell no place.
    pub(super) without_place: u64,
    /// Events without a photograph, which stand among the images.
    pub(super) events: u64,
    /// Photographs that show no deer: no detection of any class is of them or of an event that they show.
    pub(super) blank: u64,
    pub(super) deployments: u64,
    /// Deployments whose camera did not work for a part of these days.
    pub(super) failed: u64,
    /// Trap nights that they would have had then.
    pub(super) failed_nights: f64,
    /// Deployments that still stand.
    pub(super) open: u64,
    /// Deployments that end, or begin, after the report was asked for.
    pub(super) future: u64,
    /// Deployments that are no effort, with the reason.
    pub(super) wrong_clocks: Vec<String>,
    /// Distinct ids of individuals.
    pub(super) ids: u64,
    /// Detections that stand for more than one animal.
    pub(super) groups: u64,
    /// The species that detections name, the most frequent first.
    pub(super) species: Vec<String>,
}
