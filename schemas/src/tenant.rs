//! Tenants: whose a job, its events and its file are.
//!
//! The name of a tenant stands in the file's name, before its extension: a file outlives its status record, and says by
//! itself whose it is. Job ids hold no dots, so that no name can be taken for another.

/// The longest name, in characters.
pub const MAX_TENANT_CHARS: usize = 40;

/// Whether a tenant may be called so: 1 to 40 of `a-z`, `0-9` and `-`.
pub fn is_tenant(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=MAX_TENANT_CHARS).contains(&text.len()) && text.bytes().all(allowed)
}

/// What stands between a file's stem and its extension: `.north-wood`, or nothing.
pub fn tenant_part(tenant: Option<&str>) -> String {
    tenant.filter(|tenant| is_tenant(tenant)).map(|tenant| format!(".{tenant}")).unwrap_or_default()
}

/// Whose file this is: `report_20260102_030405_<job_id>.north-wood.pdf`.
pub fn tenant_of_file(filename: &str) -> Option<&str> {
    let (rest, _extension) = filename.rsplit_once('.')?;
    let (_stem, tenant) = rest.split_once('.')?;
    Some(tenant)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_says_whose_it_is() {
        assert_eq!(tenant_of_file("report_20260102_030405_a-1.north-wood.pdf"), Some("north-wood"));
        assert_eq!(tenant_of_file("report_20260102_030405_a-1.pdf"), None);
        assert_eq!(tenant_of_file("a.b.c.pdf"), Some("b.c"), "nobody's: no tenant is called so");
        assert_eq!(
            (tenant_part(Some("a")), tenant_part(None), tenant_part(Some("a.b"))),
            (".a".into(), String::new(), String::new())
        );
    }
}
