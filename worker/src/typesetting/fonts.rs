//! The fonts of every document: Inter for all text, and two families that ship with Typst for what Inter lacks.
//!
//! Everything is in the binary, so a report looks the same on every machine. Licences: `worker/fonts` and the NOTICE
//! of `typst-assets`.

use std::sync::LazyLock;

use typst::foundations::Bytes;
use typst::text::{Font, FontInfo, FontStretch, FontStyle, FontVariant, FontWeight};
use typst_kit::fonts::{FontStore, embedded};

/// In the order in which they are tried; the same list as in `templates/style.typ`.
const FAMILIES: [&str; 3] = ["Inter", "Libertinus Serif", "DejaVu Sans Mono"];

/// The weights that templates use.
const WEIGHTS: [FontWeight; 2] = [FontWeight::REGULAR, FontWeight::SEMIBOLD];

const INTER: [&[u8]; 2] =
    [include_bytes!("../../fonts/Inter-Regular.otf"), include_bytes!("../../fonts/Inter-SemiBold.otf")];

static FONTS: LazyLock<FontStore> = LazyLock::new(|| {
    let inter = INTER.into_iter().flat_map(|data| Font::iter(Bytes::new(data)));
    let shipped_with_typst = embedded().map(|(font, _)| font);
    let mut store = FontStore::new();
    store.extend(
        inter.chain(shipped_with_typst).filter(|font| FAMILIES.contains(&font.info().family.as_str())).map(
            |font| {
                let info = font.info().clone();
                (font, info)
            },
        ),
    );
    store
});

/// One store for the process.
pub(super) fn store() -> &'static FontStore {
    &FONTS
}

/// Whether one family can show all of these characters, in every weight. A base letter and its marks must come from
/// one family: shaping does not mix families inside a cluster.
pub(super) fn can_show(cluster: &[char]) -> bool {
    static FACES: LazyLock<[[&FontInfo; WEIGHTS.len()]; FAMILIES.len()]> =
        LazyLock::new(|| FAMILIES.map(|family| WEIGHTS.map(|weight| face(family, weight))));
    FACES.iter().any(|family| {
        family.iter().all(|face| cluster.iter().all(|&character| face.coverage.contains(character as u32)))
    })
}

fn face(family: &str, weight: FontWeight) -> &'static FontInfo {
    let variant = FontVariant::new(FontStyle::Normal, weight, FontStretch::NORMAL);
    let book = FONTS.book();
    book.select(&family.to_lowercase(), variant)
        .and_then(|id| book.info(id))
        .expect("all families are in the binary")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_is_there_in_every_weight() {
        for family in FAMILIES {
            assert!(store().book().contains_family(&family.to_lowercase()), "{family}");
        }
        assert!(can_show(&['ä']) && can_show(&['Ж']) && can_show(&['Ω']));
        assert!(can_show(&[super::super::REPLACEMENT]));
        assert!(!can_show(&['日']));
    }
}
