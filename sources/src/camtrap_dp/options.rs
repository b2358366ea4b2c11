//! What to take of a package. Which level `Auto` means is found by `survey`.

/// What to take of a package.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Scientific names as in the package, in any case; none: every animal.
    pub species: Vec<String>,
    /// Which level of observations to take.
    pub observations: Observations,
    /// Leave out rows that cannot be used, instead of stopping at the first.
    pub skip_invalid: bool,
}

/// A package may tell of the same animals twice: by event and by image. Only one level is taken, for together they
/// would count double.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Observations {
    /// Events where there are any of the chosen species, else images.
    #[default]
    Auto,
    /// Event-level rows.
    Event,
    /// Media-level rows.
    Media,
}
