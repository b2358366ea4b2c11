//! By which certificates a server is trusted, and shown who we are.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use redis::{Client, ClientTlsConfig, ConnectionAddr, ConnectionInfo, TlsCertificates};
use rustls::RootCertStore;
use rustls::crypto::{CryptoProvider, ring};

/// How a certificate begins in a PEM file.
const BEGINS: &str = "-----BEGIN CERTIFICATE-----";

/// Certificates for connections by TLS (`rediss://`, `rediss-sentinel://`): files in PEM format, read once, at the
/// start. By default the system's store is trusted (`SSL_CERT_FILE` and `SSL_CERT_DIR` name another), and no certificate
/// is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// Whoever signed the server's certificate. Instead of the system's store, not beside it.
    pub ca: Option<PathBuf>,
    /// Our certificate, with those between it and its CA.
    pub cert: Option<PathBuf>,
    /// The private key of `cert`.
    pub key: Option<PathBuf>,
}

/// Why no certificates can be used; says which file, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("{option} {}: {source}", path.display())]
    Unreadable {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file holds something else.
    #[error("{option} {}: there is no {what} in PEM format in it", path.display())]
    NoPem {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What it should hold.
        what: &'static str,
    },
    /// One half of a pair.
    #[error("a client certificate takes both: --redis-cert and --redis-key")]
    Half,
    /// The address has no TLS.
    #[error("certificates are for TLS, and this address has none: write rediss:// (or rediss-sentinel://)")]
    Plain,
    /// The address asks for TLS without its use.
    #[error("#insecure is not taken: it would trust everybody. Name the CA of the server with --redis-ca")]
    Insecure,
    /// Nobody is trusted.
    #[error(
        "the system has no certificates to trust{0}: install ca-certificates, set SSL_CERT_FILE, or name the CA of the \
         server with --redis-ca"
    )]
    NoStore(String),
    /// The library does not take them.
    #[error("the certificates for TLS cannot be used: {0}")]
    Unusable(String),
}

impl Tls {
    /// The same address, with these certificates.
    ///
    /// # Errors
    /// They cannot be read, or the address has no use for them.
    pub(crate) fn equip(&self, info: ConnectionInfo) -> Result<ConnectionInfo, TlsError> {
        match info.addr() {
            ConnectionAddr::TcpTls { insecure: true, .. } => return Err(TlsError::Insecure),
            ConnectionAddr::TcpTls { .. } => {}
            _ if *self == Self::default() => return Ok(info),
            _ => return Err(TlsError::Plain),
        }
        ready();
        let certificates = TlsCertificates { client_tls: self.client()?, root_cert: Some(self.trusted()?) };
        let tcp = info.tcp_settings().clone();
        let client = Client::build_with_tls(info, certificates);
        let client = client.map_err(|error| TlsError::Unusable(error.to_string()))?;
        Ok(client.get_connection_info().clone().set_tcp_settings(tcp))
    }

    fn client(&self) -> Result<Option<ClientTlsConfig>, TlsError> {
        let (cert, key) = match (&self.cert, &self.key) {
            (Some(cert), Some(key)) => (cert, key),
            (None, None) => return Ok(None),
            _ => return Err(TlsError::Half),
        };
        Ok(Some(ClientTlsConfig {
            client_cert: pem("--redis-cert", cert, BEGINS, "certificate")?,
            client_key: pem("--redis-key", key, "PRIVATE KEY-----", "private key")?,
        }))
    }

    fn trusted(&self) -> Result<Vec<u8>, TlsError> {
        match &self.ca {
            Some(path) => pem("--redis-ca", path, BEGINS, "certificate"),
            None => of_the_system(),
        }
    }
}

/// Sees to it that TLS has its cryptography, which is a program's to choose; if it has not, ours is taken.
pub(crate) fn ready() {
    if CryptoProvider::get_default().is_none() {
        // Whoever is first has chosen the same.
        let _ = ring::default_provider().install_default();
    }
}

fn pem(option: &'static str, path: &Path, begins: &str, what: &'static str) -> Result<Vec<u8>, TlsError> {
    let path = path.to_owned();
    match std::fs::read(&path) {
        Ok(text) if String::from_utf8_lossy(&text).contains(begins) => Ok(text),
        Ok(_) => Err(TlsError::NoPem { option, path, what }),
        Err(source) => Err(TlsError::Unreadable { option, path, source }),
    }
}

/// Not by the client library: there one certificate that cannot be read fails every connection.
fn of_the_system() -> Result<Vec<u8>, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut text = String::new();
    for certificate in &found.certs {
        if RootCertStore::empty().add(certificate.clone()).is_ok() {
            text += &format!("{BEGINS}\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(certificate));
        }
    }
    if text.is_empty() {
        let why = found.errors.first().map(|error| format!(" ({error})"));
        return Err(TlsError::NoStore(why.unwrap_or_default()));
    }
    Ok(text.into_bytes())
}
