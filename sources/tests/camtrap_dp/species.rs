//! Which animals are taken.

use deertrack_catalog::connect;
use deertrack_sources::camtrap_dp::Options;

use crate::package::Package;

fn mixed() -> Package {
    let mut package = Package::new();
    package.event(&[("observationID", "roe")]);
    package.event(&[("observationID", "red"), ("scientificName", "Cervus elaphus")]);
    package.event(&[("observationID", "boar"), ("scientificName", "Sus scrofa")]);
    package.event(&[("observationID", "blank"), ("observationType", "blank"), ("scientificName", "")]);
    package.event(&[("observationID", "whatever"), ("scientificName", "")]);
    package
}

#[tokio::test]
async fn without_a_choice_deer_are_taken_and_the_rest_is_listed() {
    let package = mixed();
    let summary = package.import(&Options::default()).await.unwrap();
    assert_eq!(
        (summary.detections, summary.species.join(" ")),
        (2, "Capreolus capreolus Cervus elaphus".into())
    );
    let told = summary.to_string();
    assert!(told.contains("other animals: Sus scrofa (1), animals without a name (1)"), "{told}");
    let dataset = connect(&package.database()).await.unwrap().datasets().await.unwrap().remove(0);
    assert_eq!(dataset.species.as_deref(), Some(r#"["Capreolus capreolus","Cervus elaphus"]"#));
    assert_eq!(dataset.profile.as_deref(), Some("camtrap-dp 1.0.2"));
    assert!(dataset.metadata.unwrap().contains(r#""title":"Test wood""#));
}

#[tokio::test]
async fn a_chosen_species_is_taken_alone() {
    let wild = Options { species: vec!["sus scrofa".into()], ..Options::default() };
    assert_eq!(mixed().import(&wild).await.unwrap().species, ["Sus scrofa"]);
    let every = Options { species: vec!["*".into()], ..Options::default() };
    assert_eq!(mixed().import(&every).await.unwrap().detections, 4, "also the animal without a name");
}

#[tokio::test]
async fn a_package_without_deer_is_refused_with_the_species_it_has() {
    let mut package = Package::new();
    package.event(&[("observationID", "o"), ("scientificName", "Sus scrofa")]);
    let error = package.import(&Options::default()).await.unwrap_err().to_string();
    assert!(error.contains("no deer (Cervidae); it has Sus scrofa (1 rows); --species"), "{error}");
    let roe = Options { species: vec!["capreolus capreolus".into()], ..Options::default() };
    let error = package.import(&roe).await.unwrap_err().to_string();
    assert_eq!(error, "the package has no observation of capreolus capreolus; it has Sus scrofa (1 rows)");
}
