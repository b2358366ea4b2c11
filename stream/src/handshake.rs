//! What a connection failed of, where TLS is concerned: in words, with the next step.

use std::time::Duration;

use redis::{
    Client, ConnectionAddr, ConnectionInfo, ErrorKind, RedisConnectionInfo, RedisError, RedisResult,
};

use crate::server::unfit;
use crate::tls;

/// How long a server may take to show that it speaks, or does not speak, TLS.
const PATIENCE: Duration = Duration::from_secs(1);

/// Says what a connection to `asked` failed of, if it was TLS. `may_ask`: whether to find out by another connection that
/// the server speaks the other language; it is made as a stranger, so no password goes out in plain text.
pub(crate) async fn explain(error: RedisError, asked: &ConnectionInfo, may_ask: bool) -> RedisError {
    let address = asked.addr().to_string();
    let is_tls = matches!(asked.addr(), ConnectionAddr::TcpTls { .. });
    if let Some(why) = is_tls.then(|| cause(&error.to_string(), &address)).flatten() {
        return unfit(why);
    }
    let is_of_use = may_ask && matches!(error.kind(), ErrorKind::Io | ErrorKind::Parse);
    if !is_of_use || error.is_connection_refusal() {
        return error;
    }
    let other = match asked.addr().clone() {
        ConnectionAddr::TcpTls { host, port, .. } => ConnectionAddr::Tcp(host, port),
        ConnectionAddr::Tcp(host, port) => {
            tls::ready();
            ConnectionAddr::TcpTls { host, port, insecure: false, tls_params: None }
        }
        _ => return error,
    };
    if !answers(asked.clone().set_addr(other)).await {
        return error;
    }
    unfit(if is_tls {
        format!("{address} does not speak TLS: ask it by redis:// instead of rediss://, or at its TLS port")
    } else {
        format!("{address} speaks TLS: ask it by rediss:// instead of redis://")
    })
}

/// Whether anybody answers that way, if only by a refusal.
async fn answers(info: ConnectionInfo) -> bool {
    let address = info.addr().to_string();
    let asked = async {
        let client = Client::open(info.set_redis_settings(RedisConnectionInfo::default()))?;
        let mut connection = client.get_multiplexed_async_connection().await?;
        redis::cmd("PING").exec_async(&mut connection).await
    };
    let answer: RedisResult<()> = match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer,
        Err(_) => return false,
    };
    answer.err().is_none_or(|error| {
        let is_refusal = matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension);
        is_refusal || cause(&error.to_string(), &address).is_some()
    })
}

/// What a failed handshake was about, and what to do. `None`: it was something else.
fn cause(error: &str, address: &str) -> Option<String> {
    let has = |text: &str| error.contains(text);
    let any = |names: &[&str]| names.iter().any(|name| has(name));
    let alert = |names: &[&str]| has("received fatal alert") && any(names);
    let why = if has("UnknownIssuer") {
        "is of an issuer that is not trusted here: name its CA with --redis-ca (DEERTRACK_REDIS_CA)".into()
    } else if has("BadSignature") {
        "is signed by another key than that of the CA which is trusted here under this name: take the CA's present \
         certificate for --redis-ca (DEERTRACK_REDIS_CA)"
            .into()
    } else if has("CaUsedAsEndEntity") {
        "is that of a CA: the server needs one of its own, signed by it".into()
    } else if any(&["certificate not valid for name", "NotValidForName"]) {
        let names = error.split_once("for name ").map(|(_, names)| format!(" ({names})"));
        format!("is not for this name{}: use an address that stands in it", names.unwrap_or_default())
    } else if any(&["certificate expired", "Expired", "certificate not valid yet", "NotValidYet"]) {
        format!("is of another time ({error}): renew it, or set the clock")
    } else if let Some((_, why)) = error.split_once("invalid peer certificate: ") {
        format!("cannot be taken: {why}")
    } else if alert(&["CertificateRequired", "HandshakeFailure"]) {
        return Some(format!(
            "{address} demands a client certificate: give --redis-cert and --redis-key (DEERTRACK_REDIS_CERT, \
             DEERTRACK_REDIS_KEY)"
        ));
    } else if alert(&["Certificate", "UnknownCA", "DecryptError", "AccessDenied"]) {
        return Some(format!(
            "{address} does not take our client certificate ({error}): look at --redis-cert, and at the CA that the \
             server trusts"
        ));
    } else if has("with TLS parameters provided") {
        return Some(format!("--redis-cert and --redis-key do not go together: {error}"));
    } else {
        return None;
    };
    Some(format!("the certificate of {address} {why}"))
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::{ServerName, UnixTime};
    use rustls::{AlertDescription, CertificateError, Error};

    use super::*;

    fn told(error: &Error) -> String {
        cause(&error.to_string(), "cache.example:6380").unwrap_or_default()
    }

    #[test]
    fn each_reason_of_the_library_is_told_with_the_next_step() {
        let time = |seconds| UnixTime::since_unix_epoch(Duration::from_secs(seconds));
        let expired =
            CertificateError::ExpiredContext { time: time(2_000_000_000), not_after: time(1_900_000_000) };
        let early = CertificateError::NotValidYetContext {
            time: time(1_800_000_000),
            not_before: time(1_900_000_000),
        };
        let other = CertificateError::NotValidForNameContext {
            expected: ServerName::try_from("cache.example").unwrap(),
            presented: vec!["DnsName(\"redis.example\")".into()],
        };
        for (error, part) in [
            (CertificateError::UnknownIssuer, "name its CA with --redis-ca"),
            (CertificateError::BadSignature, "take the CA's present certificate"),
            (CertificateError::Expired, "renew it"),
            (expired, "renew it"),
            (CertificateError::NotValidYet, "set the clock"),
            (early, "set the clock"),
            (other, "redis.example"),
            (CertificateError::NotValidForName, "use an address that stands in it"),
            (CertificateError::Revoked, "cannot be taken: Revoked"),
        ] {
            let told = told(&Error::InvalidCertificate(error));
            assert!(told.starts_with("the certificate of cache.example:6380 "), "{told}");
            assert!(told.contains(part), "{told}");
        }
        assert!(told(&Error::AlertReceived(AlertDescription::CertificateRequired)).contains("demands"));
        assert!(told(&Error::AlertReceived(AlertDescription::UnknownCA)).contains("does not take our"));
        assert_eq!(told(&Error::DecryptError), "");
        assert_eq!(cause("Connection refused (os error 111)", "here:1"), None);
    }
}
