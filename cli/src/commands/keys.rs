//! `deertrack keys`: keys of the gateway, in a file that it reads anew when it changes.

use std::path::PathBuf;

use anyhow::anyhow;
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use clap::{Args, Subcommand};
use deertrack_producer::access::{KeyEntry, Name, NewKey, Scope, add_link_secret};
use deertrack_schemas::{KINDS, Kind};
use serde_json::json;

use crate::exit::{Code, Exit};
use crate::print;

/// `deertrack keys`
#[derive(Args, Debug)]
pub(crate) struct KeysArgs {
    #[command(subcommand)]
    command: KeysCommand,
}

#[derive(Subcommand, Debug)]
enum KeysCommand {
    /// Make a key, print it once, and add its hash to the file of keys
    New(NewArgs),
    /// Make a secret that signs links to files; earlier ones are still taken until they are removed from the file
    Link(LinkArgs),
}

#[derive(Args, Debug)]
struct LinkArgs {
    /// File of keys; made when it is not there
    #[arg(long, env = "DEERTRACK_KEYS_FILE", value_name = "FILE")]
    keys_file: PathBuf,
    /// Its name in links: a-z, 0-9 and -
    #[arg(long, value_name = "NAME")]
    id: Name,
}

#[derive(Args, Debug)]
struct NewArgs {
    /// File of keys; made when it is not there. The gateway takes a change within a second
    #[arg(long, env = "DEERTRACK_KEYS_FILE", value_name = "FILE")]
    keys_file: PathBuf,
    /// Whose key it is, for logs and audits: a-z, 0-9 and -
    #[arg(long, value_name = "NAME")]
    id: Name,
    /// What it allows, by commas: exports:submit, exports:read, exports:cancel, files:read, events:read, queue:read,
    /// queue:write, dead:write, metrics:read
    #[arg(long, required = true, value_delimiter = ',', value_name = "SCOPES")]
    scopes: Vec<Scope>,
    /// It sees the jobs, events and files of this tenant only
    #[arg(long, value_name = "NAME")]
    tenant: Option<Name>,
    /// It may ask for these kinds of export only, by commas
    #[arg(long, value_delimiter = ',', value_name = "KINDS", value_parser = kind)]
    kinds: Vec<Kind>,
    /// It is taken until then: 2027-01-01, or 2027-01-01T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    expires: Option<DateTime<Utc>>,
}

fn kind(text: &str) -> Result<Kind, String> {
    let known = || KINDS.iter().map(|info| info.name).collect::<Vec<_>>().join(", ");
    Kind::named(text).ok_or_else(|| format!("known are {}", known()))
}

/// A day alone ends when it begins, in UTC.
fn time(text: &str) -> Result<DateTime<Utc>, String> {
    let day = text.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    day.or_else(|_| DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()))
        .map_err(|_| "write it like 2027-01-01 or 2027-01-01T12:00:00Z".to_owned())
}

pub(crate) fn run(args: KeysArgs, as_json: bool) -> Result<(), Exit> {
    let args = match args.command {
        KeysCommand::New(args) => args,
        KeysCommand::Link(args) => {
            let added = add_link_secret(&args.keys_file, &args.id);
            return added.map_err(|error| Exit::new(Code::Refused, anyhow!(error)));
        }
    };
    if args.expires.is_some_and(|expires| expires <= Utc::now()) {
        return Err(Exit::text(Code::Refused, "--expires is over already: name a time to come"));
    }
    let key = NewKey::of(&args.id);
    let scopes = args.scopes.iter().copied().collect();
    let entry = KeyEntry::new(&key, &args.id, scopes, args.tenant.as_ref(), &args.kinds, args.expires);
    entry.add_to(&args.keys_file).map_err(|error| Exit::new(Code::Refused, anyhow!(error)))?;
    if as_json {
        print::json(&json!({ "id": args.id.as_str(), "key": key.secret }));
    } else {
        print::line(&key.secret);
        print::note(
            "this is shown once; send it as Authorization: Bearer <key>, or give it to deertrack as DEERTRACK_KEY",
        );
    }
    Ok(())
}
