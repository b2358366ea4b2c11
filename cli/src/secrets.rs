//! Secrets from files, for who keeps none in the environment: `NAME_FILE` names a file, and systemd puts one called after
//! the variable (`redis-url` for `REDIS_URL`) into `$CREDENTIALS_DIRECTORY` (`LoadCredential=redis-url:/path`).
//!
//! A secret is every flag whose variable's value `--help` hides, so that no list can forget one. A flag goes before its
//! variable, that before the file named by the variable `NAME_FILE`, that before a credential. Read once, at the start.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::{Arg, Command};

/// No secret is longer, in bytes; a file that goes on is not the one that was meant.
const LONGEST: u64 = 64 * 1024;

/// `command` with the secrets that lie in files. `variable` gives variables that are set and not empty.
///
/// # Errors
/// What cannot be used, by its variable and path, and the next step; never what stands in it.
pub(crate) fn taken(
    command: Command,
    variable: &impl Fn(&str) -> Option<OsString>,
) -> Result<Command, String> {
    let mut wrong = None;
    let command = with_secrets(command, &mut |arg| match from_file(&arg, variable) {
        Ok(Some(secret)) => arg.default_value(secret).hide_default_value(true).required(false),
        Ok(None) => arg,
        Err(text) => {
            wrong = Some(text);
            arg
        }
    });
    wrong.map_or(Ok(command), Err)
}

fn with_secrets(command: Command, change: &mut dyn FnMut(Arg) -> Arg) -> Command {
    command.mut_args(&mut *change).mut_subcommands(|below| with_secrets(below, change))
}

/// The secret of this flag; `None` where it is no secret, is given otherwise, or lies in no file.
fn from_file(arg: &Arg, variable: &impl Fn(&str) -> Option<OsString>) -> Result<Option<String>, String> {
    let name = arg.get_env().filter(|_| arg.is_hide_env_values_set()).and_then(OsStr::to_str);
    let Some(name) = name else { return Ok(None) };
    let source = format!("{name}_FILE");
    let named = variable(&source).map(PathBuf::from);
    if variable(name).is_some() {
        return match named {
            Some(_) => Err(format!("{name} and {source} are both set; leave one of them out")),
            None => Ok(None),
        };
    }
    if let Some(path) = named {
        return read(&path).map(Some).map_err(|why| told(&source, &path, &why));
    }
    let Some(folder) = variable("CREDENTIALS_DIRECTORY") else { return Ok(None) };
    let path = Path::new(&folder).join(name.to_lowercase().replace('_', "-"));
    match path.try_exists() {
        Ok(false) => Ok(None),
        _ => read(&path).map(Some).map_err(|why| told("CREDENTIALS_DIRECTORY", &path, &why)),
    }
}

fn told(source: &str, path: &Path, why: &io::Error) -> String {
    format!(
        "{source}: the secret in {} cannot be used: {why}; write it into that file as one line that this user may read",
        path.display()
    )
}

/// One line, without the end of it.
fn read(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    let secret = text.trim();
    let why = match secret {
        "" => "it is empty",
        _ if text.len() as u64 > LONGEST => "it is longer than 64 KiB",
        _ if secret.contains(['\n', '\r', '\0']) => "it has more than one line",
        _ => return Ok(secret.to_owned()),
    };
    Err(io::Error::new(io::ErrorKind::InvalidData, why))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    /// What `tool work` takes for its database, where these variables are set.
    fn database(args: &[&str], variables: &[(&str, &Path)]) -> Result<String, String> {
        let arg = Arg::new("database").long("database").env("ATTIC_URL").hide_env_values(true).required(true);
        let tool = Command::new("tool").subcommand(Command::new("work").arg(arg));
        let tool = taken(tool, &|name| {
            variables.iter().find(|(set, _)| *set == name).map(|(_, value)| value.as_os_str().to_owned())
        })?;
        let matches = tool.try_get_matches_from([&["tool", "work"], args].concat());
        let matches = matches.map_err(|error| error.to_string())?;
        let work = matches.subcommand_matches("work").and_then(|work| work.get_one::<String>("database"));
        Ok(work.expect("it is required").clone())
    }

    #[test]
    fn a_flag_goes_before_a_file_and_that_before_a_credential() {
        let dir = tempfile::tempdir().expect("a folder");
        let (file, credential) = (dir.path().join("url"), dir.path().join("attic-url"));
        fs::write(&file, "of the file\n").expect("it is written");
        let (named, folder) = (("ATTIC_URL_FILE", file.as_path()), ("CREDENTIALS_DIRECTORY", dir.path()));
        assert!(database(&[], &[folder]).is_err_and(|text| text.contains("--database")));
        fs::write(&credential, "of the service manager").expect("it is written");
        assert_eq!(database(&[], &[folder]).as_deref(), Ok("of the service manager"));
        assert_eq!(database(&[], &[folder, named]).as_deref(), Ok("of the file"));
        assert_eq!(database(&["--database", "flag"], &[folder, named]).as_deref(), Ok("flag"));
        let both = database(&[], &[named, ("ATTIC_URL", Path::new("hush"))]).expect_err("one too many");
        assert!(
            both.contains("ATTIC_URL and ATTIC_URL_FILE are both set") && !both.contains("hush"),
            "{both}"
        );
    }

    #[test]
    fn a_secret_that_cannot_be_had_is_told_with_its_file_and_the_next_step() {
        let dir = tempfile::tempdir().expect("a folder");
        let file = dir.path().join("url");
        let told = || database(&[], &[("ATTIC_URL_FILE", &file)]).expect_err("it cannot be used");
        assert!(told().contains("No such file") && told().contains("write it into that file"), "{}", told());
        let long = "hush".repeat(20_000);
        let wrong =
            [("\n", "it is empty"), ("hush\nhush", "more than one line"), (&long, "longer than 64 KiB")];
        for (text, why) in wrong {
            fs::write(&file, text).expect("it is written");
            assert!(told().contains(why) && told().contains("ATTIC_URL_FILE"), "{}", told());
            assert!(!told().contains("hush"), "{}", told());
        }
        fs::write(&file, b"hush\xff").expect("it is written");
        assert!(told().contains("UTF-8") && !told().contains("hush"), "{}", told());
    }

    #[test]
    fn every_flag_with_a_password_or_a_key_is_a_secret() {
        let mut secrets = 0;
        let command = with_secrets(Cli::command(), &mut |arg| {
            let name = arg.get_env().and_then(OsStr::to_str).unwrap_or_default();
            let wanted =
                matches!(name, "REDIS_URL" | "DATABASE_URL" | "DEERTRACK_KEY" | "DEERTRACK_BROKER_URL");
            assert_eq!(arg.is_hide_env_values_set(), wanted, "{name}");
            secrets += usize::from(wanted);
            arg
        });
        command.debug_assert();
        assert!(secrets > 10, "{secrets}");
    }
}
