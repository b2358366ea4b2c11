//! TLS of the gateway: certificates that are read anew when their files change.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;

/// How often the files are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Where the certificates of a gateway are: files in PEM format.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// Its certificate, with those between it and its CA (`--tls-cert`).
    pub cert: PathBuf,
    /// The private key of that (`--tls-key`).
    pub key: PathBuf,
    /// Whoever signed the certificates that clients have to show (`--tls-client-ca`); `None`: they show none.
    pub client_ca: Option<PathBuf>,
}

/// Why they cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or holds something else.
    #[error("{option} {}: {source}; it has to be a file in PEM format that this user may read", path.display())]
    File {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: pem::Error,
    },
    /// A file holds no certificate.
    #[error("{option} {}: there is no certificate in PEM format in it", path.display())]
    Empty {
        /// The option that names it.
        option: &'static str,
        /// The file.
        path: PathBuf,
    },
    /// They do not fit together, or are none that TLS can use.
    #[error("--tls-cert and --tls-key cannot be used: {0}; give the key that this certificate was made for")]
    Unusable(#[from] rustls::Error),
    /// Clients cannot be checked by it.
    #[error("--tls-client-ca cannot be used: {0}")]
    ClientCa(#[from] rustls::server::VerifierBuilderError),
}

/// The certificates that new connections get.
pub(super) struct Certificates {
    files: TlsFiles,
    current: RwLock<Arc<ServerConfig>>,
}

impl Certificates {
    /// Reads them, and reads them anew when they change from now on, until the last handle is gone.
    pub(super) fn start(files: TlsFiles) -> Result<Arc<Self>, TlsError> {
        let stamps = files.stamps();
        let current = RwLock::new(Arc::new(files.load()?));
        let certificates = Arc::new(Self { files, current });
        tokio::spawn(follow(Arc::downgrade(&certificates), stamps));
        Ok(certificates)
    }

    pub(super) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner)).into()
    }

    fn reload(&self) -> Result<(), TlsError> {
        let config = Arc::new(self.files.load()?);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }
}

/// While a pair is only half renewed, the old one stays, and is tried again at each look.
async fn follow(certificates: std::sync::Weak<Certificates>, mut known: Vec<Stamp>) {
    let mut told = String::new();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(certificates) = certificates.upgrade() else { return };
        let now = certificates.files.stamps();
        if now == known {
            continue;
        }
        match certificates.reload() {
            Ok(()) => {
                tracing::info!(cert = %certificates.files.cert.display(), "certificates were read anew");
                known = now;
                told.clear();
            }
            Err(error) if error.to_string() == told => {}
            Err(error) => {
                told = error.to_string();
                tracing::error!(%error, "changed certificates cannot be used; the ones before stay");
            }
        }
    }
}

/// What changes with a file: its time and its size.
type Stamp = Option<(SystemTime, u64)>;

impl TlsFiles {
    fn stamps(&self) -> Vec<Stamp> {
        let stamp = |path: &PathBuf| {
            let about = std::fs::metadata(path).ok()?;
            Some((about.modified().ok()?, about.len()))
        };
        [Some(&self.cert), Some(&self.key), self.client_ca.as_ref()]
            .into_iter()
            .flatten()
            .map(stamp)
            .collect()
    }

    fn load(&self) -> Result<ServerConfig, TlsError> {
        let provider = Arc::new(ring::default_provider());
        let chain = certificates("--tls-cert", &self.cert)?;
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|source| TlsError::File {
            option: "--tls-key",
            path: self.key.clone(),
            source,
        })?;
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates("--tls-client-ca", path)? {
                    roots.add(certificate)?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build()?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn certificates(option: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let file = |source| TlsError::File { option, path: path.to_owned(), source };
    let found: Vec<_> =
        CertificateDer::pem_file_iter(path).map_err(file)?.collect::<Result<_, _>>().map_err(file)?;
    if found.is_empty() { Err(TlsError::Empty { option, path: path.to_owned() }) } else { Ok(found) }
}
