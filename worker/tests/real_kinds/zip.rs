//! Crops of the example package of Camtrap DP: ten JPEGs of 2048 x 1440 pixels with EXIF, a box in each.

use std::io::{Cursor, Read};
use std::path::Path;

use deertrack_schemas::{Export, ZipParams};
use deertrack_worker::import::camtrap_dp::{Observations, Options};
use libtest_mimic::Failed;

use crate::platform::{Platform, block_on};
use crate::{Outcome, keep};

/// The ten whose photographs are in the package; the boxes as in its `observations.csv`.
const HERONS: [(&str, [f64; 2]); 10] = [
    ("7ab33b3a_1", [0.32951, 0.31225]),
    ("d9ef08ec_1", [0.14778, 0.31352]),
    ("aebe5b85_1", [0.14074, 0.32381]),
    ("e638613e_1", [0.13894, 0.31161]),
    ("c40a4854_1", [0.13778, 0.31308]),
    ("fd2f32cc_1", [0.1331, 0.30791]),
    ("b6a04f58_1", [0.123, 0.29794]),
    ("9c58aea8_1", [0.11515, 0.31032]),
    ("ad03acb4_1", [0.11325, 0.30797]),
    ("3b185b03_1", [0.15059, 0.29469]),
];

pub(crate) fn herons(folder: &Path) -> Outcome {
    let options = Options { observations: Observations::Media, ..Options::default() };
    let package = folder.join("camtrapdp_example/example");
    let archive = || Export::Zip(ZipParams::of(HERONS.map(|(id, _)| id.to_owned()).to_vec()));
    let (bytes, again, headline) = block_on(async {
        let platform = Platform::of(&package, &options).await;
        let first = platform.export(archive()).await;
        let again = platform.export(archive()).await.content.into_bytes().unwrap();
        (first.content.into_bytes().unwrap(), again, first.headline)
    });
    keep("herons.zip", &bytes)?;
    assert_eq!(headline.as_deref(), Some("10 crops from 10 images"));
    assert!(bytes == again, "the same bytes");
    let mut zip = ::zip::ZipArchive::new(Cursor::new(&bytes))?;
    for (id, [width, height]) in HERONS {
        let path = format!("crops/unknown/B_DM_val_4_t_WAD/2021-04-11_{id}.jpg");
        let mut jpeg = Vec::new();
        zip.by_name(&path)?.read_to_end(&mut jpeg)?;
        let picture = image::load_from_memory(&jpeg)?;
        let (across, down) = (2048.0 * width, 1440.0 * height);
        let scale = 512.0 / across.max(down);
        let expected = [across * scale, down * scale];
        let found = [f64::from(picture.width()), f64::from(picture.height())];
        // The part has whole pixels, a crop at most two more than the box.
        let near = |(a, b): (&f64, &f64)| (a - b).abs() <= 2.0 * scale + 1.0;
        if !expected.iter().zip(&found).all(near) {
            return Err(Failed::from(format!("{id}: {found:?} instead of {expected:?}")));
        }
        for word in ["Exif", "RECONYX", "http"] {
            assert!(!jpeg.windows(word.len()).any(|bytes| bytes == word.as_bytes()), "{word} in {path}");
        }
    }
    Ok(())
}
