//! Everything that can be wrong with the input of an analysis.
//!
//! The messages speak to the person who asked; they name the set, the row and the rule. Numbers that do not
//! exist (the standard deviation of one score) are not errors: they are `None` in the result.

/// Why an analysis cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is not one row.
    #[error("there are no {set}: nothing can be compared")]
    Empty {
        /// Which set: `detections`, `profiles`.
        set: &'static str,
    },
    /// A vector of no numbers.
    #[error("the vectors of the {set} have no dimensions")]
    NoDimensions {
        /// Which set.
        set: &'static str,
    },
    /// The values do not divide into rows: a row is longer or shorter than the others.
    #[error(
        "{values} values of the {set} do not divide into rows of {dim}: the vectors have mixed dimensions"
    )]
    Ragged {
        /// Which set.
        set: &'static str,
        /// Values in a row.
        dim: usize,
        /// Values altogether.
        values: usize,
    },
    /// NaN or infinity.
    #[error("row {row} of the {set} holds NaN or infinity (rows count from 0)")]
    NotFinite {
        /// Which set.
        set: &'static str,
        /// The first such row, from 0.
        row: usize,
    },
    /// Probes and gallery are of different spaces.
    #[error("the {left_set} have {left} dimensions, the {right_set} {right}: they cannot be compared")]
    Dimensions {
        /// One set.
        left_set: &'static str,
        /// Its dimensions.
        left: usize,
        /// The other set.
        right_set: &'static str,
        /// Its dimensions.
        right: usize,
    },
    /// More rows than an index can name.
    #[error("{rows} {set} are too many: at most 4,294,967,294")]
    TooMany {
        /// Which set.
        set: &'static str,
        /// How many rows.
        rows: usize,
    },
    /// A list that must have one entry a row has another length.
    #[error("{facts} facts for {rows} {set}: give one for each, or none at all")]
    FactsMismatch {
        /// Which set.
        set: &'static str,
        /// Rows of the set.
        rows: usize,
        /// Facts given.
        facts: usize,
    },
    /// An index points outside its set.
    #[error("{what} of row {row} of the {set} is {index}, beyond the last row")]
    OutOfRange {
        /// Which set holds the index.
        set: &'static str,
        /// The row that holds it.
        row: usize,
        /// What the index stands for.
        what: &'static str,
        /// The index.
        index: usize,
    },
    /// A setting is outside its range.
    #[error("{field} must be {rule}, not {value}")]
    Setting {
        /// The setting's name.
        field: &'static str,
        /// What it must be.
        rule: &'static str,
        /// What it is.
        value: String,
    },
    /// What does not fit into memory could not be written or read.
    #[error("the room for what does not fit into memory cannot be used: {what}")]
    Storage {
        /// Why.
        what: String,
    },
    /// Whoever watched ended the analysis.
    #[error("stopped")]
    Stopped,
}
