//! Mapping files: checked line by line, and made from what is found.

use deertrack_catalog::{CatalogError, MapProblem, Mapping, connect_mapped, read};

use crate::tables::{Platform, id, october};

async fn problems(platform: &mut Platform, text: &str) -> Vec<MapProblem> {
    let url = platform.reader().await;
    match connect_mapped(&url, Mapping::parse("map.toml", text).unwrap()).await {
        Err(CatalogError::Map { file, problems }) => {
            assert_eq!(file, "map.toml");
            problems
        }
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was taken: {text}"),
    }
}

#[tokio::test]
async fn every_wrong_line_is_named_with_the_databases_words_and_the_choices() {
    let mut platform = Platform::with_rows().await;
    let text = "[places]\nname = \"nom\"\n[images]\ntable = \"photos\"\n[deer]\nquery = \"select * from herd\"\n\
                [detections]\nconfidence = \"confidence +\"\nis_valid = \"is_valid\"\nbbox_unit = \"inches\"\n";
    let told: Vec<String> = problems(&mut platform, text).await.iter().map(ToString::to_string).collect();
    let has = |start: &str, part: &str| {
        assert!(told.iter().any(|told| told.starts_with(start) && told.contains(part)), "{start}: {told:?}");
    };
    has(
        "line 2: places.name = \"nom\"",
        "column \"nom\" does not exist (the columns are: id, name, coordinates)",
    );
    has("line 4: images.table = \"photos\"", "there are: deer, detections, images, locations");
    has("line 6: deer.query", "relation \"herd\" does not exist");
    has("line 8: detections.confidence", "syntax error");
    has("line 10: detections.bbox_unit = \"inches\"", "must be fractions, pixels or mixed");
    assert_eq!(told.len(), 5, "{told:?}");
}

#[tokio::test]
async fn an_expression_is_one_value_of_one_row_and_never_a_statement() {
    let mut platform = Platform::with_rows().await;
    for expression in [
        "confidence, id",
        "confidence) , (id",
        "confidence; delete from detections",
        "1) from detections; delete from detections; select (1",
        "1) from locations union all select (2",
        "count(*)",
        "max(confidence)",
        "generate_series(1, 3)",
        "confidence /*",
        "$1",
        "",
    ] {
        let text = format!("[detections]\nconfidence = {expression:?}\n");
        let Ok(mapping) = Mapping::parse("map.toml", &text) else { continue };
        let url = platform.reader().await;
        let refused = connect_mapped(&url, mapping).await;
        assert!(matches!(refused, Err(CatalogError::Map { .. })), "{expression}");
    }
    let taken =
        Mapping::parse("map.toml", "[detections]\nconfidence = \"confidence -- as it is\"\n").unwrap();
    assert_eq!(platform.mapped(taken).await.records_in(october()).await.unwrap().len(), 4);
}

#[tokio::test]
async fn an_expression_that_writes_is_refused_by_its_session() {
    let mut platform = Platform::with_rows().await;
    platform.run("create function sweep() returns text language sql as 'delete from detections; select null::text'").await;
    let mapping = Mapping::parse("map.toml", "[detections]\nsex = \"sweep()\"\n").unwrap();
    let catalog = platform.mapped(mapping).await;
    let refused = catalog.records_in(october()).await.unwrap_err().to_string();
    assert!(refused.contains("read-only transaction"), "{refused}");
}

#[tokio::test]
async fn what_is_required_and_neither_named_nor_found_is_told() {
    let mut platform = Platform::with_rows().await;
    platform.run("create table stops (code text, begun timestamptz)").await;
    let told = problems(&mut platform, "[deployments]\ntable = \"stops\"\nid = \"code\"\n").await;
    let keys: Vec<&str> = told.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["deployments.location_id", "deployments.start"]);
    assert!(told[0].message.contains("the columns are: code, begun"), "{told:?}");
    let told = problems(&mut platform, "[dataset]\nname = \"name\"\n").await;
    assert!(told[0].message.contains("there is no table dataset"), "{told:?}");
}

#[tokio::test]
async fn what_is_read_is_told_with_what_is_missing_and_what_that_costs() {
    let mut platform = Platform::with_rows().await;
    platform
        .run("update locations set name = E'Gate \\x1b[2J'; alter table locations add timezone text")
        .await;
    platform.run("alter table images drop column path, drop column filename").await;
    let reading = read(&platform.reader().await, &Mapping::default()).await.unwrap();
    let thing = |name: &str| reading.things.iter().find(|thing| thing.name == name).unwrap();
    let deployments = thing("deployments");
    assert_eq!(deployments.source, None);
    assert!(deployments.cost.as_deref().is_some_and(|cost| cost.contains("effort is inferred")));
    let boxes = thing("detections").fields.iter().find(|field| field.names.contains(&"bbox_x")).unwrap();
    assert_eq!(boxes.names, ["bbox_x", "bbox_y", "bbox_width", "bbox_height"]);
    assert_eq!(boxes.from, "bbox");
    assert_eq!(boxes.form, "JSON {x, y, width, height}, in pixels of the photograph");
    let missing = thing("images").missing.iter().find(|missing| missing.names.contains(&"path")).unwrap();
    assert_eq!(missing.cost, "no crops, no photographs on cards");
    assert_eq!(thing("images").examples.len(), 3);
    let place = &thing("places").examples[0];
    assert!(place.contains(&("name".to_owned(), "Gate \\u{1b}[2J".to_owned())), "{place:?}");
    assert!(place.contains(&("latitude".to_owned(), "50.5".to_owned())), "{place:?}");
}

#[tokio::test]
async fn what_a_source_told_is_not_there_unless_a_mapping_file_names_it() {
    let mut platform = Platform::with_rows().await;
    let plain = platform.catalog().await;
    let rows = plain.records_in(october()).await.unwrap();
    assert_eq!((rows.len(), rows[0].repeats_id.as_ref(), rows[0].dataset_id.as_ref()), (4, None, None));
    assert!(!rows[0].image.sees_people && rows[0].image.file_public.is_none());
    assert_eq!(plain.repeats_in(october()).await.unwrap(), []);
    assert_eq!(plain.told_deployments(october()).await.unwrap(), []);
    assert_eq!(plain.datasets().await.unwrap(), []);

    let text = format!(
        "[detections]\nrepeats_id = \"case when id = '{}' then '{}' end\"\n\
         [images]\nsees_people = \"filename = 'shot1.jpg'\"\n",
        id("42"),
        id("41")
    );
    let mapped = platform.mapped(Mapping::parse("map.toml", &text).unwrap()).await;
    let repeats = mapped.repeats_in(october()).await.unwrap();
    assert_eq!((repeats.len(), repeats[0].repeats_id.clone()), (1, Some(id("41"))));
    let counted = mapped.records_in(october()).await.unwrap();
    assert_eq!(counted.len(), 3);
    assert_eq!(counted.iter().map(|row| row.image.sees_people).collect::<Vec<_>>(), [true, false, false]);
    assert_eq!(mapped.left_out_in(october()).await.unwrap(), plain.left_out_in(october()).await.unwrap());
}

#[tokio::test]
async fn a_file_to_begin_with_reads_what_is_read_without_it() {
    let mut platform = Platform::with_rows().await;
    let url = platform.reader().await;
    let found = read(&url, &Mapping::default()).await.unwrap();
    let mapping = Mapping::parse("map.toml", &found.as_mapping_file).unwrap();
    let again = read(&url, &mapping).await.unwrap();
    let fields = |reading: &deertrack_catalog::Reading| -> Vec<_> {
        reading
            .things
            .iter()
            .flat_map(|thing| {
                thing
                    .fields
                    .iter()
                    .flat_map(|field| field.names.clone())
                    .collect::<std::collections::BTreeSet<_>>()
            })
            .collect()
    };
    assert_eq!(fields(&again), fields(&found));
    let examples = |reading: deertrack_catalog::Reading| -> Vec<_> {
        reading.things.into_iter().map(|thing| thing.examples).collect()
    };
    assert_eq!(examples(again), examples(found), "{}", mapping_text(&url).await);
    let (plain, mapped) = (platform.catalog().await, platform.mapped(mapping).await);
    assert_eq!(mapped.records_in(october()).await.unwrap(), plain.records_in(october()).await.unwrap());
    assert_eq!(mapped.places().await.unwrap(), plain.places().await.unwrap());
    assert_eq!(mapped.individuals().await.unwrap(), plain.individuals().await.unwrap());
}

async fn mapping_text(url: &str) -> String {
    read(url, &Mapping::default()).await.unwrap().as_mapping_file
}
