//! Raw vectors with labels: small files made by hand.
#![expect(clippy::unwrap_used, reason = "a test that cannot build its input has failed")]

mod tables;

use std::fs;
use std::io::Write;

use deertrack_catalog::connect;
use deertrack_catalog::store::Store;
use deertrack_sources::ImportError;
use deertrack_sources::embeddings::{Options, Summary, import};
use sqlx::SqlitePool;
use tempfile::TempDir;

const LABELS: &str = "\
row,file,split,individual,side
0,a/0.jpg,test,Ada,left
1,a/1.jpg,test,Ada,right
2,b/2.jpg,test,Bo,left
3,c/3.jpg,train,Cy,left
4,b/4.jpg,test,Bo,right
";

struct Files(TempDir);

impl Files {
    /// Row i is (i, i + 0.5, -i).
    fn new(rows: u8) -> Self {
        let files = Self(TempDir::new().unwrap());
        let rows = (0..rows).map(f32::from).flat_map(|row| [row, row + 0.5, -row]);
        files.vectors(&rows.collect::<Vec<f32>>());
        files.labels(LABELS);
        files
    }

    fn vectors(&self, numbers: &[f32]) {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        fs::write(self.0.path().join("toy.f32"), bytes).unwrap();
    }

    fn labels(&self, text: &str) {
        fs::write(self.0.path().join("labels.csv"), text).unwrap();
    }

    fn url(&self) -> String {
        format!("sqlite://{}/catalog.db", self.0.path().display())
    }

    async fn import(&self, options: &Options) -> Result<Summary, ImportError> {
        let dir = self.0.path();
        let mut store = Store::open(&self.url()).await.unwrap();
        let result =
            import(&dir.join("toy.f32"), &dir.join("labels.csv"), &mut store, options, &mut |_, _| ()).await;
        store.close().await;
        result
    }

    async fn refused(&self, options: &Options) -> String {
        self.import(options).await.unwrap_err().to_string()
    }
}

fn options() -> Options {
    Options { dimensions: 3, array: None, split: Some("test".into()), gallery_rows: vec![0, 3] }
}

#[tokio::test]
async fn gallery_rows_become_known_deer_and_the_rest_of_the_split_detections() {
    let files = Files::new(6);
    let summary = files.import(&options()).await.unwrap();
    assert_eq!((summary.known_deer, summary.detections), (2, 3));
    assert_eq!((summary.of_other_splits, summary.unlabelled), (0, 1));

    let pool = SqlitePool::connect(&files.url()).await.unwrap();
    let deer: Vec<(String, String, Vec<u8>)> =
        sqlx::query_as("select id, name, feature_vector from deer order by id")
            .fetch_all(&pool)
            .await
            .unwrap();
    let names: Vec<(&str, &str)> = deer.iter().map(|(id, name, _)| (id.as_str(), name.as_str())).collect();
    assert_eq!(names, [("toy:Ada", "Ada"), ("toy:Cy", "Cy")], "a gallery row may be of another split");
    let bytes: Vec<u8> = [3.0_f32, 3.5, -3.0].iter().flat_map(|number| number.to_le_bytes()).collect();
    assert_eq!(deer[1].2, bytes);
    let truth: Vec<(String, String, Option<String>)> =
        sqlx::query_as("select id, true_deer_id, deer_id from detections order by id")
            .fetch_all(&pool)
            .await
            .unwrap();
    let shown: Vec<(&str, &str)> = truth.iter().map(|(id, deer, _)| (id.as_str(), deer.as_str())).collect();
    assert_eq!(shown, [("toy:0000001", "toy:Ada"), ("toy:0000002", "toy:Bo"), ("toy:0000004", "toy:Bo")]);
    assert!(truth.iter().all(|(_, _, assigned)| assigned.is_none()), "the truth assigns nothing");

    let ever = "1900-01-01T00:00:00Z".parse().unwrap().."2100-01-01T00:00:00Z".parse().unwrap();
    let in_reports = connect(&files.url()).await.unwrap().records_in(ever).await.unwrap();
    assert_eq!(in_reports, [], "what has no time is in no range");
}

#[tokio::test]
async fn importing_vectors_twice_gives_the_same_database() {
    let files = Files::new(5);
    files.import(&options()).await.unwrap();
    let before = tables::dump(&files.url()).await;
    let all = Options { split: None, gallery_rows: vec![], ..options() };
    assert_eq!(files.import(&all).await.unwrap().detections, 5);
    files.import(&options()).await.unwrap();
    tables::assert_same(&tables::dump(&files.url()).await, &before, "after an import with other options");
}

#[tokio::test]
async fn files_of_another_form_are_refused_with_the_place() {
    let files = Files::new(5);
    let told = files.refused(&Options { dimensions: 4, ..Options::default() }).await;
    assert!(told.contains("its 60 bytes are not rows of 4 float32 numbers (16 bytes each)"), "{told}");
    assert!(files.refused(&Options { dimensions: 0, ..options() }).await.contains("not 0"));
    let told = files.refused(&Options { gallery_rows: vec![0, 1], ..options() }).await;
    assert!(told.contains("gallery rows 0 and 1 both show Ada"), "{told}");
    let told = files.refused(&Options { gallery_rows: vec![9], ..options() }).await;
    assert!(told.contains("gallery row 9 has no label"), "{told}");

    files.labels("row,individual\n0,Ada\n7,Bo\n");
    let told = files.refused(&options()).await;
    assert!(told.contains(r#"labels.csv, line 3, column row: "7" is beyond the 5 rows"#), "{told}");
    files.labels("row,who\n0,Ada\n");
    assert!(files.refused(&options()).await.contains("it has no column individual"));

    files.labels(LABELS);
    let mut numbers = [1.0_f32; 15];
    numbers[7] = f32::NAN;
    files.vectors(&numbers);
    assert!(files.refused(&options()).await.contains("row 2 has a number that is not finite"));
    let pool = SqlitePool::connect(&files.url()).await.unwrap();
    let kept: i64 = sqlx::query_scalar("select count(*) from deer").fetch_one(&pool).await.unwrap();
    assert_eq!(kept, 0, "nothing is written");
}

/// An array as `np.save` writes it.
fn array(descr: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    let header = format!("{header:<117}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), numbers].concat()
}

fn zipped(arrays: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, array) in arrays {
        zip.start_file(format!("{name}.npy"), zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(array).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

async fn import_file(
    files: &Files,
    name: &str,
    content: &[u8],
    options: &Options,
) -> Result<Summary, ImportError> {
    let dir = files.0.path();
    fs::write(dir.join(name), content).unwrap();
    let mut store = Store::open(&files.url()).await.unwrap();
    let done = import(&dir.join(name), &dir.join("labels.csv"), &mut store, options, &mut |_, _| ()).await;
    store.close().await;
    done
}

#[tokio::test]
async fn arrays_of_numpy_are_read_in_every_width_alone_and_in_an_archive() {
    let numbers: Vec<f32> = (0..5_u8).map(f32::from).flat_map(|row| [row, row + 0.5, -row]).collect();
    let single: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    let double: Vec<u8> = numbers.iter().flat_map(|number| f64::from(*number).to_le_bytes()).collect();
    let half: Vec<u8> =
        numbers.iter().flat_map(|number| half::f16::from_f32(*number).to_le_bytes()).collect();
    let options = Options { dimensions: 0, ..options() };
    let several = [("ids", array("<i8", "(5,)", &[0; 40])), ("vectors", array("<f4", "(5, 3)", &single))];
    let named = Options { array: Some("vectors".to_owned()), ..options.clone() };
    for (name, content, options) in [
        ("a.npy", array("<f2", "(5, 3)", &half), &options),
        ("b.npy", array("<f4", "(5, 3)", &single), &options),
        ("c.npy", array("<f8", "(5, 3)", &double), &options),
        ("d.npz", zipped(&[("arr_0", array("<f8", "(5, 3)", &double))]), &options),
        ("e.npz", zipped(&several), &named),
    ] {
        let files = Files::new(5);
        let summary = import_file(&files, name, &content, options).await.unwrap();
        assert_eq!((summary.known_deer, summary.detections), (2, 3), "{name}");
        let pool = SqlitePool::connect(&files.url()).await.unwrap();
        let kept: Vec<Vec<u8>> =
            sqlx::query_scalar("select feature_vector from detection_vectors order by detection_id")
                .fetch_all(&pool)
                .await
                .unwrap();
        assert_eq!(kept[2], single[4 * 12..5 * 12], "{name}");
    }
    let files = Files::new(5);
    files.labels("file,individual\na/0.jpg,Ada\na/1.jpg,Ada\nb/2.jpg,Bo\n");
    let table = "individual,file,f0,f1,f2\nAda,a.jpg,0,0.5,-0\nAda,b.jpg,1,1.5,-1e0\n";
    fs::write(files.0.path().join("v.csv"), table).unwrap();
    let mut store = Store::open(&files.url()).await.unwrap();
    let (path, gallery) =
        (files.0.path().join("v.csv"), Options { gallery_rows: vec![0], ..Options::default() });
    let summary = import(&path, &path, &mut store, &gallery, &mut |_, _| ()).await.unwrap();
    assert_eq!((summary.known_deer, summary.detections), (1, 1), "a table has its labels itself");
    store.close().await;
    let ordered = Options { split: None, gallery_rows: vec![0], ..options.clone() };
    let summary = import_file(&files, "b.npy", &array("<f4", "(5, 3)", &single), &ordered).await.unwrap();
    assert_eq!((summary.known_deer, summary.detections, summary.unlabelled), (1, 2, 2), "labels in order");
}

#[tokio::test]
async fn broken_arrays_are_refused_with_what_to_save_instead() {
    let one = || array("<f4", "(1, 3)", &[0; 12]);
    let cases = [
        ("a.npy", b"no array at all".to_vec(), "it is no array of NumPy, as np.save writes it"),
        (
            "a.npy",
            array("<i4", "(1, 3)", &[0; 12]),
            "its numbers are <i4, and vectors are float16, float32 or float64",
        ),
        ("a.npy", array("<f4", "(3,)", &[0; 12]), "its shape is (3,), and vectors are rows of numbers"),
        ("a.npy", array("<f4", "(2, 3)", &[0; 12]), "and 2 rows of 3 numbers need 152: copy it again"),
        ("a.npy", array("<f4", "(1, 1)", &f32::NAN.to_le_bytes()), "row 0 has a number that is not finite"),
        ("a.csv", b"individual,f0,f1\nAda,1,\n".to_vec(), "a.csv, line 2, column f1: \"\" is required"),
        ("a.npz", b"PK no".to_vec(), "it is no ZIP that can be read"),
        (
            "a.npz",
            zipped(&[("a", one()), ("b", one())]),
            "it has several arrays: say which with --array: a, b",
        ),
    ];
    for (name, content, told) in cases {
        let files = Files::new(5);
        files.labels("row,individual\n0,Ada\n");
        let error = import_file(&files, name, &content, &Options::default()).await.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}
