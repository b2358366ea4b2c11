//! `deertrack up`: gateway and worker in one process; what is not configured is private to a data folder.

use std::path::PathBuf;

use clap::Args;

use super::gateway::GatewayArgs;
use super::local::{self, Local, Plan};
use super::simulate;
use crate::exit::Exit;
use crate::flags::{AcceptanceArgs, CatalogMapArgs, ImagesArgs, PaceArgs, PrefixArgs, TlsArgs, ZoneArgs};
use crate::{print, signals};

/// `deertrack up`
#[derive(Args, Debug)]
pub(crate) struct UpArgs {
    /// Folder for the private Redis, the SQLite file and the exports [default: ~/.local/share/deertrack]
    #[arg(long, env = "DEERTRACK_DATA_DIR", value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Port of the gateway on 127.0.0.1; 0 takes a free one
    #[arg(long, env = "DEERTRACK_PORT", default_value_t = 8080)]
    port: u16,
    /// Use this Redis instead of a private one
    #[arg(long, env = "REDIS_URL", hide_env_values = true, value_name = "URL")]
    redis_url: Option<String>,
    #[command(flatten)]
    tls: TlsArgs,
    #[command(flatten)]
    prefix: PrefixArgs,
    /// Use this database instead of a private SQLite file
    #[arg(long = "database", env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    database_url: Option<String>,
    #[command(flatten)]
    map: CatalogMapArgs,
    /// Folder of finished exports [default: exports in the data folder]
    #[arg(long, env = "DEERTRACK_EXPORT_DIR", value_name = "DIR")]
    export_dir: Option<PathBuf>,
    /// Fill an empty database with a simulated season first
    #[arg(long)]
    simulate: bool,
    #[command(flatten)]
    zone: ZoneArgs,
    #[command(flatten)]
    images: ImagesArgs,
    #[command(flatten)]
    acceptance: AcceptanceArgs,
    #[command(flatten)]
    pace: PaceArgs,
    #[command(flatten)]
    gateway: GatewayArgs,
}

pub(crate) async fn run(args: UpArgs) -> Result<(), Exit> {
    let shutdown = signals::shutdown().map_err(Exit::failed)?;
    let data_dir = args.data_dir.map_or_else(default_data_dir, Ok)?;
    let plan = Plan {
        data_dir: data_dir.clone(),
        redis_url: args.redis_url,
        tls: args.tls,
        prefix: args.prefix,
        database_url: args.database_url,
        map: args.map,
        export_dir: args.export_dir,
        images_dir: args.images.images_dir,
        zone: args.zone.timezone,
        acceptance: args.acceptance,
        pace: args.pace,
        gateway: args.gateway,
    };
    let (listener, address) = local::listen(args.port).await?;
    let base = format!("{}://{address}{}", plan.gateway.scheme(), plan.gateway.path());
    let local = Local::prepare(plan).await?;
    if args.simulate {
        simulate::fill_if_empty(&local.work.database_url, &data_dir).await?;
    }
    print::line(&format!("dashboard  {base}/"));
    print::line(&format!("API        {base}/docs"));
    print::line(&format!("events     {base}/api/events"));
    print::line(&format!("database   {}", without_password(&local.work.database_url)));
    print::line(&format!("exports    {}", local.work.export_dir.display()));
    print::note("Ctrl-C stops it");
    local.run(listener, shutdown).await
}

/// `$XDG_DATA_HOME/deertrack`, else `~/.local/share/deertrack`.
fn default_data_dir() -> Result<PathBuf, Exit> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = folder("XDG_DATA_HOME").or_else(|| folder("HOME").map(|home| home.join(".local/share")));
    let base = base.ok_or_else(|| anyhow::anyhow!("there is no home folder; name one with --data-dir"))?;
    Ok(base.join("deertrack"))
}

fn without_password(url: &str) -> String {
    let Ok(mut shown) = reqwest::Url::parse(url) else { return url.to_owned() };
    let hidden = shown.password().is_some() && shown.set_password(Some("***")).is_ok();
    if hidden { shown.into() } else { url.to_owned() }
}
