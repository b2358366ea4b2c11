//! Small JPEG files with the metadata that cameras write.

use std::io::Cursor;

pub use exif::Tag;
use exif::experimental::Writer;
use exif::{Field, In, Value};
use jpeg_encoder::{ColorType, Encoder};

/// A grey JPEG of 8 x 8 pixels with these texts as its EXIF fields.
///
/// # Panics
/// When the texts are longer than a segment, 64 KiB.
pub fn jpeg(texts: &[(Tag, &str)]) -> Vec<u8> {
    let field = |(tag, text): &(Tag, &str)| Field {
        tag: *tag,
        ifd_num: In::PRIMARY,
        value: Value::Ascii(vec![text.as_bytes().to_vec()]),
    };
    let fields: Vec<Field> = texts.iter().map(field).collect();
    let mut writer = Writer::new();
    fields.iter().for_each(|field| writer.push_field(field));
    let mut exif = Cursor::new(Vec::new());
    writer.write(&mut exif, true).expect("texts are written to memory");
    let mut jpeg = Vec::new();
    let mut encoder = Encoder::new(&mut jpeg, 80);
    encoder.add_exif_metadata(&exif.into_inner()).expect("the texts are short");
    encoder.encode(&[90; 3 * 64], 8, 8, ColorType::Rgb).expect("64 grey pixels");
    jpeg
}
