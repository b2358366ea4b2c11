//! The same reading in two dialects of SQL: casts that no value can break, and numbers out of JSON.
//!
//! A report of a season must not fail because of one row: where a value might not be of its type (text, JSON), the
//! expression gives null for it instead of an error.

use super::field::Kind;

/// A number as text: bounded, so that no cast overflows.
const NUMBER: &str = r"^\s*[-+]?[0-9]{1,15}(\.[0-9]{0,30})?([eE][-+]?[0-9]{1,2})?\s*$";

/// Which SQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Postgres,
    Sqlite,
}

/// What a type of a column is, of either database and in either spelling of PostgreSQL's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Text,
    Integer,
    Number,
    Boolean,
    Instant,
    Json,
    Bytes,
    Array,
    /// PostGIS.
    Geometry,
    /// PostgreSQL's own.
    Point,
    /// An enumeration, a UUID, a domain, a row: what has a text form.
    Other,
}

impl Dialect {
    /// The family of a type as the database names it.
    pub(crate) fn family(self, ty: &str) -> Family {
        let ty = ty.trim().to_ascii_lowercase();
        match self {
            Self::Postgres => postgres_family(&ty),
            Self::Sqlite => sqlite_family(&ty),
        }
    }

    /// A null of this kind.
    pub(crate) fn null(self, kind: Kind) -> String {
        match (self, kind) {
            (Self::Sqlite, _) => "null".to_owned(),
            (_, Kind::Key | Kind::Text) => "null::text".to_owned(),
            (_, Kind::Float) => "null::double precision".to_owned(),
            (_, Kind::Integer) => "null::integer".to_owned(),
            (_, Kind::Boolean) => "null::boolean".to_owned(),
            (_, Kind::Instant) => "null::timestamptz".to_owned(),
            (_, Kind::Vector) => "null::bytea".to_owned(),
        }
    }

    /// `sql`, whose type is `ty`, read as `kind`.
    pub(crate) fn read(self, kind: Kind, sql: &str, ty: &str) -> String {
        let family = self.family(ty);
        match self {
            Self::Postgres => postgres(kind, sql, family),
            Self::Sqlite => sqlite(kind, sql, family),
        }
    }

    /// The number at `path` (keys, or places in a list) of a JSON value; null where there is none.
    pub(crate) fn json_number(self, sql: &str, ty: &str, path: &[&str]) -> String {
        match (self, self.family(ty)) {
            (Self::Postgres, Family::Json) => guarded_number(&self.json_text(sql, ty, path)),
            // PostgreSQL 15 cannot ask whether a text is JSON, and one that is not would break the whole statement.
            (Self::Postgres, _) => {
                let number = r"([-+]?[0-9]{1,15}(\.[0-9]{0,30})?)";
                let pattern = match path {
                    [.., key, "0"] => format!(r#""{key}"\s*:\s*\[\s*{number}"#),
                    [.., key, "1"] => format!(r#""{key}"\s*:\s*\[[^,\]]*,\s*{number}"#),
                    [.., key] => format!(r#""{key}"\s*:\s*"?{number}["\s,}}]"#),
                    [] => number.to_owned(),
                };
                format!("substring({sql}::text from '{pattern}')::double precision")
            }
            (Self::Sqlite, _) => {
                let at = sqlite_path(path);
                format!(
                    "case when json_valid({sql}) and json_type({sql}, '{at}') in ('integer', 'real') then \
                     cast(json_extract({sql}, '{at}') as real) end"
                )
            }
        }
    }

    /// The text at `path`.
    pub(crate) fn json_text(self, sql: &str, ty: &str, path: &[&str]) -> String {
        match (self, self.family(ty)) {
            (Self::Postgres, Family::Json) => {
                let keys: Vec<String> = path.iter().map(|key| format!("\"{key}\"")).collect();
                format!("({sql} #>> '{{{}}}')", keys.join(","))
            }
            (Self::Postgres, _) => {
                let key = path.last().copied().unwrap_or_default();
                format!(r#"substring({sql}::text from '"{key}"\s*:\s*"?([^",}}]*)')"#)
            }
            (Self::Sqlite, _) => {
                let at = sqlite_path(path);
                format!("case when json_valid({sql}) then cast(json_extract({sql}, '{at}') as text) end")
            }
        }
    }

    /// A whole number of 1 or more out of JSON.
    pub(crate) fn json_size(self, sql: &str, ty: &str, key: &str) -> String {
        let number = self.json_number(sql, ty, &[key]);
        match self {
            Self::Postgres => {
                format!("case when ({number}) between 1 and 1000000 then ({number})::integer end")
            }
            Self::Sqlite => {
                format!("case when ({number}) between 1 and 1000000 then cast(({number}) as integer) end")
            }
        }
    }

    /// As text, to be looked at here.
    pub(crate) fn as_text(self, sql: &str) -> String {
        match self {
            Self::Postgres => format!("({sql})::text"),
            Self::Sqlite => format!("cast({sql} as text)"),
        }
    }

    /// What orders by the bytes of a text, whatever the server's locale; SQLite's own order.
    pub(crate) fn by_bytes(self, sql: &str) -> String {
        match self {
            Self::Postgres => format!("{sql}::text collate \"C\""),
            Self::Sqlite => sql.to_owned(),
        }
    }

    /// A bound instant that may be null: PostgreSQL wants to know its type.
    pub(crate) fn bound_instant(self, parameter: &str) -> String {
        match self {
            Self::Postgres => format!("{parameter}::timestamptz"),
            Self::Sqlite => parameter.to_owned(),
        }
    }

    /// Whether a text is in the list that is bound as `$1`: an array, in SQLite one of JSON.
    pub(crate) fn is_among(self, sql: &str) -> String {
        match self {
            Self::Postgres => format!("{sql} = any($1)"),
            Self::Sqlite => format!("{sql} in (select value from json_each($1))"),
        }
    }
}

/// A name as SQL takes it, whatever is in it. Parts stand behind dots: `public.sites`.
pub(crate) fn quoted(name: &str) -> String {
    let parts: Vec<String> =
        name.split('.').map(|part| format!("\"{}\"", part.replace('"', "\"\""))).collect();
    parts.join(".")
}

/// One name, dots and all.
pub(crate) fn quoted_column(name: &str) -> String {
    format!("t.\"{}\"", name.replace('"', "\"\""))
}

fn postgres_family(ty: &str) -> Family {
    let bare = ty.rsplit('.').next().unwrap_or(ty).trim_matches('"');
    match bare {
        _ if ty.ends_with("[]") => Family::Array,
        "text" | "character varying" | "varchar" | "character" | "char" | "bpchar" | "name" | "citext" => {
            Family::Text
        }
        "smallint" | "integer" | "bigint" | "int2" | "int4" | "int8" => Family::Integer,
        "real" | "double precision" | "numeric" | "float4" | "float8" => Family::Number,
        "boolean" | "bool" => Family::Boolean,
        "date" | "timestamptz" | "timestamp" => Family::Instant,
        _ if bare.starts_with("timestamp ") => Family::Instant,
        "json" | "jsonb" => Family::Json,
        "bytea" => Family::Bytes,
        "geometry" | "geography" => Family::Geometry,
        "point" => Family::Point,
        _ => Family::Other,
    }
}

/// By the words that a declared type has, as SQLite itself does; its values may be anything.
fn sqlite_family(ty: &str) -> Family {
    let has = |word: &str| ty.contains(word);
    match () {
        () if has("json") => Family::Json,
        () if has("bool") => Family::Boolean,
        () if has("date") || has("time") => Family::Instant,
        () if has("int") && !has("point") => Family::Integer,
        () if has("char") || has("clob") || has("text") => Family::Text,
        () if has("blob") => Family::Bytes,
        () if has("real") || has("floa") || has("doub") || has("numeric") || has("decimal") => Family::Number,
        () => Family::Other,
    }
}

fn guarded_number(sql: &str) -> String {
    format!("case when {sql} ~ '{NUMBER}' then {sql}::double precision end")
}

fn postgres(kind: Kind, sql: &str, family: Family) -> String {
    match (kind, family) {
        (Kind::Key, _) | (Kind::Vector, Family::Bytes) | (Kind::Boolean, Family::Boolean) => sql.to_owned(),
        (Kind::Text, _) => format!("{sql}::text"),
        (Kind::Float, Family::Text | Family::Json | Family::Other) => guarded_number(&format!("{sql}::text")),
        (Kind::Float, _) => format!("{sql}::double precision"),
        (Kind::Integer, Family::Text | Family::Json | Family::Other) => {
            format!("({})::integer", guarded_number(&format!("{sql}::text")))
        }
        (Kind::Integer, _) => format!("{sql}::integer"),
        (Kind::Boolean, Family::Integer | Family::Number) => format!("({sql} <> 0)"),
        (Kind::Boolean, _) => format!(
            "case when lower({sql}::text) in ('true', 't', 'yes', 'y', '1') then true \
             when lower({sql}::text) in ('false', 'f', 'no', 'n', '0') then false end"
        ),
        (Kind::Instant, _) => format!("{sql}::timestamptz"),
        (Kind::Vector, _) => format!("{sql}::real[]"),
    }
}

fn sqlite(kind: Kind, sql: &str, family: Family) -> String {
    match (kind, family) {
        (Kind::Key | Kind::Vector, _)
        | (Kind::Text, Family::Text)
        | (Kind::Float, Family::Number)
        | (Kind::Integer | Kind::Boolean | Kind::Instant, Family::Integer) => sql.to_owned(),
        (Kind::Text, _) => format!("cast({sql} as text)"),
        (Kind::Float, _) => {
            format!("case when typeof({sql}) in ('integer', 'real') then cast({sql} as real) end")
        }
        (Kind::Integer, _) => {
            format!("case when typeof({sql}) in ('integer', 'real') then cast({sql} as integer) end")
        }
        (Kind::Boolean, _) => format!(
            "case when lower(cast({sql} as text)) in ('true', 't', 'yes', 'y', '1') then 1 \
             when lower(cast({sql} as text)) in ('false', 'f', 'no', 'n', '0') then 0 end"
        ),
        // Text as ISO 8601 writes it, to the millisecond; whole numbers are microseconds, as in our own tables.
        (Kind::Instant, _) => format!(
            "case typeof({sql}) when 'integer' then {sql} when 'text' then \
             cast(strftime('%s', {sql}) as integer) * 1000000 + \
             cast(substr(strftime('%f', {sql}), 4) as integer) * 1000 end"
        ),
    }
}

fn sqlite_path(path: &[&str]) -> String {
    let mut at = "$".to_owned();
    for step in path {
        if step.bytes().all(|byte| byte.is_ascii_digit()) {
            at.push_str(&format!("[{step}]"));
        } else {
            at.push_str(&format!(".\"{step}\""));
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_known_in_both_spellings_of_postgresql() {
        let family = |ty| Dialect::Postgres.family(ty);
        assert_eq!(family("timestamp with time zone"), Family::Instant);
        assert_eq!(family("TIMESTAMPTZ"), Family::Instant);
        assert_eq!((family("jsonb"), family("JSON")), (Family::Json, Family::Json));
        assert_eq!((family("public.geometry"), family("real[]")), (Family::Geometry, Family::Array));
        assert_eq!((family("deersex"), family("uuid")), (Family::Other, Family::Other));
    }

    #[test]
    fn names_and_keys_stay_names_whatever_is_in_them() {
        assert_eq!(quoted("a\"; drop table x; --.b"), "\"a\"\"; drop table x; --\".\"b\"");
        assert_eq!(quoted_column("a\".b"), "t.\"a\"\".b\"");
        assert_eq!(
            Dialect::Postgres.json_text("t.\"c\"", "json", &["coordinates", "0"]),
            "(t.\"c\" #>> '{\"coordinates\",\"0\"}')"
        );
    }
}
