//! Status records over HTTP, also those that other programs wrote.

use crate::support::{Gateway, exchange};

#[tokio::test]
async fn a_record_written_by_another_program_is_served_with_its_job_id() {
    let gateway = Gateway::start().await;
    let record = r#"{"status": "completed", "filename": "report.pdf", "rows": [1, 2.50], "completed_at": "2025-11-12T10:00:00"}"#;
    gateway.redis_command(&["SET", "export_job:celery-1", record]).await;
    let (status, body) = exchange(gateway.get("/api/exports/pdf/celery-1").await).await;
    let expected = r#"{"completed_at":"2025-11-12T10:00:00","filename":"report.pdf","job_id":"celery-1","rows":[1, 2.50],"status":"completed"}"#;
    assert_eq!((status, body.as_str()), (200, expected));
}

#[tokio::test]
async fn any_string_is_taken_as_an_id() {
    let gateway = Gateway::start().await;
    for (id, path) in [("a b/c?d", "a%20b%2Fc%3Fd"), ("..", "%2e%2e%20"), ("ü", "%C3%BC"), ("*", "*")] {
        let id = if path.ends_with("%20") { format!("{id} ") } else { id.to_owned() };
        gateway.redis_command(&["SET", &format!("export_job:{id}"), r#"{"status":"failed"}"#]).await;
        let body: serde_json::Value =
            gateway.get(&format!("/api/exports/pdf/{path}")).await.json().await.unwrap();
        assert_eq!(body["job_id"], id.as_str(), "{path}");
    }
}

#[tokio::test]
async fn a_job_that_is_not_there_is_not_found() {
    let gateway = Gateway::start().await;
    let missing = (404, r#"{"detail":"Job not found or expired"}"#.to_owned());
    for path in ["no-such-job", "%00", "x%0d%0ay", "💥", &"x".repeat(4000)] {
        assert_eq!(exchange(gateway.get(&format!("/api/exports/pdf/{path}")).await).await, missing, "{path}");
    }
    assert_eq!(gateway.get("/api/exports/pdf/%ff").await.status(), 404);
}

#[tokio::test]
async fn a_record_that_is_not_json_is_an_error_of_ours() {
    let gateway = Gateway::start().await;
    for record in ["{not json", "", "[]", "null", "\"text\""] {
        gateway.redis_command(&["SET", "export_job:broken", record]).await;
        let answer = exchange(gateway.get("/api/exports/pdf/broken").await).await;
        assert_eq!(answer, (500, r#"{"detail":"Invalid job status format"}"#.to_owned()), "{record:?}");
    }
}
