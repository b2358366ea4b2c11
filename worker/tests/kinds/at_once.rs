//! Many reports at once: each reads two streams side by side, and there are few connections.

use std::sync::Arc;

use deertrack_catalog::connect;
use deertrack_schemas::pdf::GroupBy;
use deertrack_schemas::{Class, Export, PdfParams};
use futures::future::join_all;

use crate::season::Season;

/// Far more than a catalog has connections.
const REPORTS: usize = 16;

#[tokio::test]
async fn more_reports_than_connections_do_not_wait_for_one_another() {
    let mut season = Season::new();
    // More rows than a driver reads ahead, so that streams stay open.
    for number in 0..2_600 {
        let (id, minute) = (format!("i{number:04}"), number % 60);
        let at = format!("2025-06-{:02}T{:02}:{minute:02}:00Z", 1 + number / 130, number / 60 % 24);
        season.image(&id, &at, None);
        season.detection(&format!("r{number:04}"), &id, Class::Doe, [0.1, 0.1, 0.2, 0.2]);
    }
    let postgres = deertrack_testkit::postgres::database();
    season.write(&postgres).await;
    let day = |text: &str| text.parse().unwrap();
    for url in [season.database().await, postgres] {
        let kinds = Arc::new(season.kinds_over(connect(&url).await.unwrap()));
        let report = || {
            let params = PdfParams::new(day("2025-06-01"), day("2025-06-30"), GroupBy::Month);
            season.bytes_of(&kinds, Export::Pdf(params))
        };
        let made = join_all((0..REPORTS).map(|_| report())).await;
        assert!(made.windows(2).all(|pair| pair[0] == pair[1]), "all are the same report");
    }
}
