//! Files of vectors: raw little-endian float32 rows, NumPy's `.npy` and `.npz`, and tables of numbers.
//!
//! NumPy's format is that of its own documentation (`numpy.lib.format`): a magic word, the length of a header, the
//! header as a Python dictionary, the numbers. Only arrays of two dimensions in C order are rows of vectors.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use half::f16;
use tempfile::TempDir;

use crate::archive::{Archive, MOST_BYTES};
use crate::error::{BadRow, ImportError};
use crate::table::{Row, Table};

/// The longest vector.
const MAX_DIMENSIONS: usize = 65_536;
/// The longest header of an array that is read.
const MAX_HEADER: usize = 1 << 16;

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number {
    bytes: usize,
    is_big_endian: bool,
}

/// The file of vectors, read from its start.
pub(super) struct Vectors {
    path: PathBuf,
    pub(super) rows: usize,
    numbers: Numbers,
    /// What was unpacked; it goes with this.
    _unpacked: Option<TempDir>,
}

enum Numbers {
    Binary {
        reader: BufReader<File>,
        number: Number,
        bytes: Vec<u8>,
    },
    /// A table, and the columns that are numbers.
    Table(Box<Table>, Vec<String>),
}

/// Columns of a table that are no numbers of a vector.
pub(super) const LABELS: &[&str] = &["row", "individual", "split", "file", "side"];

impl Vectors {
    /// Opens a file by its ending; `dimensions` are those of raw rows, which tell none themselves; `array` names one of
    /// several in an archive.
    pub(super) fn open(path: &Path, dimensions: usize, array: Option<&str>) -> Result<Self, ImportError> {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        match ending.to_ascii_lowercase().as_str() {
            "npy" => npy(path, path, None),
            "npz" => npz(path, array),
            "csv" => table(path),
            _ => raw(path, dimensions),
        }
    }

    pub(super) fn next(&mut self, row: usize) -> Result<Vec<f32>, ImportError> {
        let path = || self.path.clone();
        let vector: Vec<f32> = match &mut self.numbers {
            Numbers::Binary { reader, number, bytes } => {
                reader
                    .read_exact(bytes)
                    .map_err(|source| ImportError::Unreadable { path: path(), source })?;
                bytes.chunks_exact(number.bytes).map(|bytes| number.read(bytes)).collect()
            }
            Numbers::Table(table, columns) => {
                let read = table.next(|row| columns.iter().map(|column| cell(row, column)).collect())?;
                read.unwrap_or_else(|| Ok(Vec::new())).map_err(ImportError::BadLabel)?
            }
        };
        if vector.iter().all(|number| number.is_finite()) {
            Ok(vector)
        } else {
            Err(wrong(&self.path, format!("row {row} has a number that is not finite as a float32")))
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "vectors are kept as float32")]
fn cell(row: &Row<'_>, column: &str) -> Result<f32, BadRow> {
    let number = row.number(column, f64::MIN, f64::MAX)?;
    number
        .map(|number| number as f32)
        .ok_or_else(|| row.bad(column, "required: a vector has all of its numbers"))
}

/// A table of which every column is a number, but for labels.
fn table(path: &Path) -> Result<Vectors, ImportError> {
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let open = || Table::of_tool(path, &file, LABELS, &[]);
    let rows = usize::try_from(open()?.count()?).unwrap_or_default();
    let opened = open()?;
    let columns: Vec<String> = opened
        .names()
        .iter()
        .filter(|name| !LABELS.contains(&name.as_str()) && !name.is_empty())
        .cloned()
        .collect();
    if rows == 0 || !(1..=MAX_DIMENSIONS).contains(&columns.len()) {
        let labels = LABELS.join(", ");
        return Err(wrong(path, format!("it has no row or no column of numbers beside {labels}")));
    }
    let numbers = Numbers::Table(Box::new(opened), columns);
    Ok(Vectors { path: path.to_owned(), rows, numbers, _unpacked: None })
}

impl Number {
    const FLOAT32: Self = Self { bytes: 4, is_big_endian: false };

    /// By NumPy's name of the type.
    fn of(descr: &str) -> Option<Self> {
        let (order, kind) = descr.split_at_checked(1)?;
        let bytes = match kind {
            "f2" => 2,
            "f4" => 4,
            "f8" => 8,
            _ => return None,
        };
        matches!(order, "<" | ">" | "=" | "|").then_some(Self { bytes, is_big_endian: order == ">" })
    }

    #[expect(clippy::cast_possible_truncation, reason = "vectors are kept as float32")]
    fn read(self, bytes: &[u8]) -> f32 {
        let mut eight = [0; 8];
        for (at, byte) in bytes.iter().enumerate() {
            eight[if self.is_big_endian { bytes.len() - 1 - at } else { at }] = *byte;
        }
        let [a, b, c, d, ..] = eight;
        match self.bytes {
            2 => f16::from_le_bytes([a, b]).to_f32(),
            4 => f32::from_le_bytes([a, b, c, d]),
            _ => f64::from_le_bytes(eight) as f32,
        }
    }
}

fn wrong(path: &Path, reason: String) -> ImportError {
    ImportError::WrongForm { path: path.to_owned(), reason }
}

fn raw(path: &Path, dimensions: usize) -> Result<Vectors, ImportError> {
    let unreadable = |source| ImportError::Unreadable { path: path.to_owned(), source };
    if !(1..=MAX_DIMENSIONS).contains(&dimensions) {
        return Err(wrong(path, format!("a vector has 1 to {MAX_DIMENSIONS} numbers, not {dimensions}")));
    }
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    let row = dimensions as u64 * 4;
    if length == 0 || !length.is_multiple_of(row) {
        let reason =
            format!("its {length} bytes are not rows of {dimensions} float32 numbers ({row} bytes each)");
        return Err(wrong(path, reason));
    }
    let rows = usize::try_from(length / row).map_err(|_| wrong(path, "it has too many rows".to_owned()))?;
    Ok(vectors(path, file, rows, dimensions, Number::FLOAT32, None))
}

fn vectors(
    path: &Path,
    file: File,
    rows: usize,
    dimensions: usize,
    number: Number,
    unpacked: Option<TempDir>,
) -> Vectors {
    let bytes = vec![0; dimensions * number.bytes];
    let numbers = Numbers::Binary { reader: BufReader::new(file), number, bytes };
    Vectors { path: path.to_owned(), rows, numbers, _unpacked: unpacked }
}

/// One array of an archive of arrays.
fn npz(path: &Path, array: Option<&str>) -> Result<Vectors, ImportError> {
    let mut archive = Archive::open(path)?;
    let names: Vec<String> =
        archive.names().iter().filter_map(|name| name.strip_suffix(".npy").map(str::to_owned)).collect();
    let all = || names.join(", ");
    let name = match (array, names.as_slice()) {
        (Some(told), _) if names.iter().any(|name| name == told) => told.to_owned(),
        (Some(told), _) => return Err(wrong(path, format!("it has no array {told:?}; it has {}", all()))),
        (None, [one]) => one.clone(),
        (None, []) => return Err(wrong(path, "it is no archive of NumPy arrays".to_owned())),
        (None, _) => {
            return Err(wrong(path, format!("it has several arrays: say which with --array: {}", all())));
        }
    };
    let unreadable = |source| ImportError::Unreadable { path: std::env::temp_dir(), source };
    let dir = TempDir::new().map_err(unreadable)?;
    let to = dir.path().join("array.npy");
    archive.unpack(&format!("{name}.npy"), &to, &mut { MOST_BYTES })?;
    npy(path, &to, Some(dir))
}

/// An array; `path` is what people call it.
fn npy(path: &Path, file: &Path, unpacked: Option<TempDir>) -> Result<Vectors, ImportError> {
    let unreadable = |source| ImportError::Unreadable { path: path.to_owned(), source };
    let mut opened = File::open(file).map_err(unreadable)?;
    let length = opened.metadata().map_err(unreadable)?.len();
    let mut begin = [0; 8];
    opened.read_exact(&mut begin).map_err(|_| wrong(path, NO_ARRAY.to_owned()))?;
    let [b'\x93', b'N', b'U', b'M', b'P', b'Y', version, _] = begin else {
        return Err(wrong(path, NO_ARRAY.to_owned()));
    };
    let mut size = [0; 4];
    let size_bytes = if version == 1 { 2 } else { 4 };
    opened.read_exact(&mut size[..size_bytes]).map_err(|_| wrong(path, NO_ARRAY.to_owned()))?;
    let header_bytes = u32::from_le_bytes(size) as usize;
    if header_bytes > MAX_HEADER {
        return Err(wrong(path, NO_ARRAY.to_owned()));
    }
    let mut header = vec![0; header_bytes];
    opened.read_exact(&mut header).map_err(|_| wrong(path, NO_ARRAY.to_owned()))?;
    let header = String::from_utf8_lossy(&header).into_owned();
    let (number, rows, dimensions) = shape(&header).map_err(|reason| wrong(path, reason))?;
    let expected = (8 + size_bytes + header_bytes) as u64 + (rows * dimensions * number.bytes) as u64;
    if length != expected {
        return Err(wrong(
            path,
            format!(
                "it has {length} bytes, and {rows} rows of {dimensions} numbers need {expected}: copy it again"
            ),
        ));
    }
    Ok(vectors(path, opened, rows, dimensions, number, unpacked))
}

const NO_ARRAY: &str = "it is no array of NumPy, as np.save writes it";

/// Type, rows and columns of a header: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 512), }`.
fn shape(header: &str) -> Result<(Number, usize, usize), String> {
    let after = |key: &str| {
        let at = header.find(&format!("'{key}':"))?;
        Some(header[at + key.len() + 3..].trim_start())
    };
    let descr = after("descr").and_then(|rest| rest.strip_prefix('\'')?.split('\'').next());
    let number = descr.and_then(Number::of).ok_or_else(|| {
        let descr = descr.unwrap_or("a structure");
        format!("its numbers are {descr}, and vectors are float16, float32 or float64: save vectors.astype('float32')")
    })?;
    if !after("fortran_order").is_some_and(|rest| rest.starts_with("False")) {
        return Err("its numbers lie column by column: save numpy.ascontiguousarray(vectors)".to_owned());
    }
    let told = after("shape").and_then(|rest| rest.strip_prefix('(')?.split(')').next()).unwrap_or_default();
    let sizes: Vec<usize> = told.split(',').filter_map(|size| size.trim().parse().ok()).collect();
    let [rows, dimensions] = sizes[..] else {
        return Err(format!("its shape is ({told}), and vectors are rows of numbers: two dimensions"));
    };
    let fits = rows.checked_mul(dimensions).and_then(|all| all.checked_mul(8)).is_some();
    if rows == 0 || !(1..=MAX_DIMENSIONS).contains(&dimensions) || !fits {
        return Err(format!("its shape is ({told}), and a vector has 1 to {MAX_DIMENSIONS} numbers"));
    }
    Ok((number, rows, dimensions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_tells_type_and_shape_or_what_to_save_instead() {
        let header = |descr: &str, fortran: &str, of: &str| {
            shape(&format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {of}, }}   \n"))
        };
        assert_eq!(
            header("<f2", "False", "(3, 512)"),
            Ok((Number { bytes: 2, is_big_endian: false }, 3, 512))
        );
        assert!(header(">f8", "False", "(3, 512)").is_ok_and(|(number, ..)| number.is_big_endian));
        assert!(header("<i8", "False", "(3, 2)").is_err_and(|told| told.contains("astype('float32')")));
        assert!(header("<f4", "True", "(3, 2)").is_err_and(|told| told.contains("ascontiguousarray")));
        assert!(header("<f4", "False", "(6,)").is_err_and(|told| told.contains("two dimensions")));
    }

    #[test]
    fn numbers_of_any_width_and_order_are_the_same() {
        let of = |descr: &str, bytes: &[u8]| Number::of(descr).unwrap().read(bytes);
        assert_eq!(of("<f2", &f16::from_f32(1.5).to_le_bytes()), 1.5);
        assert_eq!(of(">f4", &1.5_f32.to_be_bytes()), 1.5);
        assert_eq!(of("<f8", &1.5_f64.to_le_bytes()), 1.5);
        assert_eq!(of(">f2", &f16::from_f32(-0.25).to_be_bytes()), -0.25);
    }
}
