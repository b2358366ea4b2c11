//! A broken file of each kind, and the whole sentence that is said of it: what, where, and what to do next. The table is
//! the one of `docs/sources.md`, told by files.

use crate::given::Given;

/// What is broken, the files, how it is imported, and what is said. `PATH` stands for where the files are.
type Case = (&'static str, &'static [(&'static str, &'static str)], Option<&'static str>, &'static str);

const BAD_ROW: &str = "\nnothing was imported; --skip-invalid imports the other rows";
const STANDS: &str = "project_id,deployment_id,latitude,longitude,start_date,end_date\n\
    7,d1,29.8,-97.3,2024-10-01 00:00:00,2024-11-10 00:00:00\n";

const CASES: &[Case] = &[
    (
        "a package of an older version",
        &[(
            "datapackage.json",
            r#"{"profile": "https://raw.githubusercontent.com/tdwg/camtrap-dp/0.1.6/camtrap-dp-profile.json", "resources": []}"#,
        )],
        None,
        "PATH/datapackage.json: its profile is https://raw.githubusercontent.com/tdwg/camtrap-dp/0.1.6/camtrap-dp-profile.json, \
         and this reads Camtrap DP 1.0: export it in that version. Older ones name other columns: platforms (Agouti, TRAPPER, \
         eMammal) make the package anew in version 1.0 when it is downloaded again",
    ),
    (
        "a Data Package 2 without the profile of Camtrap DP",
        &[(
            "datapackage.json",
            r#"{"$schema": "https://datapackage.org/profiles/2.0/datapackage.json", "resources": []}"#,
        )],
        None,
        "PATH/datapackage.json: its profile is https://datapackage.org/profiles/2.0/datapackage.json, and this reads Camtrap DP \
         1.0: a Data Package 2 says there of which standard its tables are. If they are of Camtrap DP 1.0, write \
         \"$schema\": \"https://raw.githubusercontent.com/tdwg/camtrap-dp/1.0.2/camtrap-dp-profile.json\" into \
         datapackage.json; else export it in that version",
    ),
    (
        "tables of a package without its description",
        &[("deployments.csv", "deploymentID,deploymentStart\n")],
        None,
        "PATH: deployments.csv is a table of Camtrap DP, and there is no datapackage.json beside it: download the package as a \
         whole, or give the folder that holds it",
    ),
    (
        "Wildlife Insights: a number that a spreadsheet made of a time",
        &[
            ("deployments.csv", STANDS),
            ("images.csv", "deployment_id,image_id,timestamp,common_name\nd1,i1,45570.25,deer\n"),
        ],
        None,
        "images.csv, line 2, column timestamp: \"45570.25\" is not a time that is read, as 2019-05-04 17:21:00, 5/4/19 \
         17:21, 4.5.2019 17:21 or 04-May-2019 5:21 PM",
    ),
    (
        "Wildlife Insights: a date of either order",
        &[
            ("deployments.csv", STANDS),
            ("images.csv", "deployment_id,image_id,timestamp,common_name\nd1,i1,10/6/24 17:21,deer\n"),
        ],
        None,
        "images.csv, line 2, column timestamp: \"10/6/24 17:21\" is a date of which nothing tells whether the day or \
         the month stands first: say --dates month-first or --dates day-first (no date of this file proves one)",
    ),
    (
        "Wildlife Insights: a deployment that is not there",
        &[
            ("deployments.csv", STANDS),
            ("images.csv", "deployment_id,image_id,timestamp,common_name\nd9,i1,2024-10-05 06:00:00,deer\n"),
        ],
        None,
        "images.csv, line 2, column deployment_id: \"d9\" is not among those of deployments.csv",
    ),
    (
        "MegaDetector: boxes in pixels, as a list",
        &[("boxes.json", r#"[{"img_id": "a.jpg", "bbox": [[1, 2, 30, 40]], "detections": 1}]"#)],
        None,
        "PATH: its boxes are corners in pixels (x1, y1, x2, y2), as the newer MegaDetector of Microsoft writes them, and nothing \
         tells how large the photographs are: write MegaDetector's format 1.x, whose boxes are fractions \
         (https://lila.science/megadetector-output-format), with run_detector_batch or AddaxAI",
    ),
    (
        "MegaDetector: boxes in pixels, in its own form",
        &[(
            "md.json",
            "{\"detection_categories\": {\"1\": \"deer\"},\n\"images\": [{\"file\": \"Oak/1.JPG\", \"detections\": [{\"category\": \"1\", \"conf\": 0.9, \"bbox\": [10, 20, 300, 400]}]}]}",
        )],
        None,
        "md.json, line 2, column detections[0].bbox: \"[10,20,300,400]\" is not a box in fractions of the photograph (x, y, \
         width, height, each 0 to 1); pixels, as the newer MegaDetector of Microsoft writes them, are not read: write the \
         format 1.x",
    ),
    (
        "MegaDetector: another version",
        &[(
            "md.json",
            r#"{"info": {"format_version": "2.0"}, "detection_categories": {"1": "deer"}, "images": []}"#,
        )],
        None,
        "md.json: its format_version is \"2.0\", and this reads 1.x: export it in that version",
    ),
    (
        "MegaDetector: photographs that are elsewhere",
        &[(
            "md.json",
            r#"{"detection_categories": {"1": "deer"}, "images": [{"file": "Oak/1.JPG", "detections": []}]}"#,
        )],
        None,
        "md.json: none of its photographs is in PATH, and nothing else tells when they were taken: --photographs names their \
         folder, --times a CSV of file and time (the first: \"Oak/1.JPG\")",
    ),
    (
        "SpeciesNet: a score that is no share",
        &[(
            "predictions.json",
            "{\"predictions\": [\n{\"filepath\": \"Oak/1.JPG\", \"prediction\": \"x;;;;;;deer\", \"prediction_score\": 93}]}",
        )],
        None,
        "predictions.json, line 2, column prediction_score: \"93\" is not a number of 0 to 1",
    ),
    (
        "AddaxAI: a file that is cut off",
        &[(
            "image_recognition_file.json",
            "{\"detection_categories\": {\"1\": \"deer\"},\n\"images\": [{\"file\": \"Oak/1.JPG\",",
        )],
        None,
        "image_recognition_file.json: line 2, character 32: it is no JSON that is read: EOF while parsing a \
         value; the file ends before its end: copy or download it again",
    ),
    (
        "Timelapse: no mapping of its columns",
        &[("TimelapseData.csv", "File,RelativePath,DateTime,Species\n1.JPG,Oak,2024-10-05 06:00:00,deer\n")],
        None,
        "TimelapseData.csv: which column tells what is the project's own. Write this into a file, change what is wrong, and give \
         it with --mapping:\n\nfile = \"File\"\nfolder = \"RelativePath\"\ntime = \"DateTime\"\nlabel = \"Species\"\n# what else \
         a column may tell: id, date, clock, station, location, latitude, longitude, start, end, camera, sequence, genus, \
         count, sex, life_stage, individual, confidence, blank, person, vehicle, comments\n",
    ),
    (
        "Camelot: no columns that are known",
        &[("export.csv", "Medium,Art\n1,Reh\n")],
        Some("camelot"),
        "export.csv: which column tells what is the project's own. Write this into a file, change what is wrong, and give it with \
         --mapping:\n\n# columns that tell nothing yet: Medium, Art\n# what else a column may tell: file, folder, id, time, \
         date, clock, station, location, latitude, longitude, start, end, camera, sequence, label, genus, count, sex, \
         life_stage, individual, confidence, blank, person, vehicle, comments\n",
    ),
    (
        "COCO: a box outside of its image",
        &[(
            "set.json",
            "{\"categories\": [{\"id\": 1, \"name\": \"deer\"}], \"images\": [{\"id\": 1, \"file_name\": \"a.jpg\", \"width\": 20, \"height\": 10, \"datetime\": \"2024-10-05 06:00:00-06:00\"}],\n\"annotations\": [{\"id\": 1, \"image_id\": 1, \"category_id\": 1, \"bbox\": [15, 5, 30, 2]}]}",
        )],
        None,
        "set.json, line 2, column bbox: \"[15,5,30,2]\" is not a box within its image: pixels from the upper left, x, y, width \
         and height; was the image made smaller after it was drawn?",
    ),
    (
        "COCO: no categories",
        &[("set.json", r#"{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": []}"#)],
        None,
        "set.json: it has no list of categories, without which its annotations mean nothing",
    ),
    (
        "camtrapR: a row with too many cells",
        &[("records.csv", "Station,Species,DateTimeOriginal\nOak,deer,2024-10-05 06:00:00,7\n")],
        None,
        "records.csv, line 2: the row is of 4 fields where the header has 3",
    ),
    (
        "camtrapR: a time without a zone",
        &[("records.csv", "Station,Species,DateTimeOriginal\nOak,deer,2024-10-05 06:00:00\n")],
        None,
        "records.csv, line 2, column DateTimeOriginal: \"2024-10-05 06:00:00\" is a time without an offset, of a place without \
         coordinates: say --zone, as America/Chicago or, for a clock without summer time, -06:00",
    ),
    (
        "DeepFaune: a score that is no share",
        &[("results.csv", "filename,date,prediction,score\nOak/1.JPG,2024:10:05 06:00:00-06:00,deer,high\n")],
        None,
        "results.csv, line 2, column score: \"high\" is not a number of 0 to 1",
    ),
    (
        "vectors: an array without its labels",
        &[("vectors.npy", "no array")],
        None,
        "PATH: it is embeddings; import vectors with: deertrack import embeddings FILE --labels CSV",
    ),
];

#[tokio::test]
async fn a_broken_file_of_each_kind_is_refused_with_its_cause_and_the_next_step() {
    assert_eq!(CASES.len(), 20);
    let mut wrong = Vec::new();
    for (what, files, source, said) in CASES {
        let mut given = Given::new(files);
        given.source = *source;
        let error = given.refused().await;
        let path = given.folder().canonicalize().unwrap().display().to_string();
        let error = error.replace(&path, "PATH").replace(&given.folder().display().to_string(), "PATH");
        let end = [BAD_ROW, "\nnothing was imported"].into_iter().find_map(|end| error.strip_suffix(end));
        let error = end.unwrap_or(&error);
        if error != *said {
            wrong.push(format!("{what}:\n{error:?}\nand not\n{said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
