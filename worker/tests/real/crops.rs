//! `zip` of the standard's example package: ten JPEGs of 2048 x 1440 pixels with EXIF, a heron in a box in each.

use std::io::{Cursor, Read};
use std::path::Path;

use deertrack_schemas::{Export, ZipParams};
use deertrack_sources::camtrap_dp::{Observations, Options};

use super::Check;
use super::databases::{Both, run};
use super::exports::{bytes_of, keep};

pub(crate) const CHECKS: &[Check] =
    &[("ten_photographs_of_herons_give_ten_crops_and_the_same_bytes_again", herons)];

/// The ten whose photographs are in the package, with the size of their boxes in its `observations.csv`.
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

fn herons(data: &Path) {
    run(async {
        let options = Options {
            species: vec!["*".to_owned()],
            observations: Observations::Media,
            ..Options::default()
        };
        let both = Both::import(&data.join("camtrapdp_example/example"), &options).await;
        let archive = || Export::Zip(ZipParams::of(HERONS.map(|(id, _)| id.to_owned()).to_vec()));
        let bytes = bytes_of(&both.sqlite, archive()).await;
        keep("herons.zip", &bytes);
        assert!(bytes == bytes_of(&both.sqlite, archive()).await, "the same bytes");
        assert!(bytes == bytes_of(&both.postgres, archive()).await, "from the other database too");
        let mut zip = ::zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
        assert_eq!(zip.len(), 13, "ten crops, two tables, the manifest");
        for (id, size) in HERONS {
            let path = format!("crops/unknown/B_DM_val_4_t_WAD/2021-04-11_{id}.jpg");
            let mut jpeg = Vec::new();
            zip.by_name(&path).unwrap().read_to_end(&mut jpeg).unwrap();
            has_the_size_of_its_box(id, &jpeg, size);
            for word in ["Exif", "RECONYX", "http"] {
                assert!(!jpeg.windows(word.len()).any(|bytes| bytes == word.as_bytes()), "{word} in {path}");
            }
        }
    });
}

fn has_the_size_of_its_box(id: &str, jpeg: &[u8], [width, height]: [f64; 2]) {
    let picture = image::load_from_memory(jpeg).unwrap();
    let (across, down) = (2048.0 * width, 1440.0 * height);
    let scale = 512.0 / across.max(down);
    let found = [f64::from(picture.width()), f64::from(picture.height())];
    // A crop has whole pixels of the photograph: at most two more than the box.
    let is_near = |expected: f64, found: f64| (expected - found).abs() <= 2.0 * scale + 1.0;
    assert!(is_near(across * scale, found[0]) && is_near(down * scale, found[1]), "{id}: {found:?}");
}
