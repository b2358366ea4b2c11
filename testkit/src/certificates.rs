//! Certificates for a test: a CA, and what it signs, made by `openssl`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A CA of a test's own. Its files are gone when it is dropped.
pub struct Authority {
    dir: TempDir,
}

/// A certificate and its key, as files.
pub struct Signed {
    /// In PEM format.
    pub cert: PathBuf,
    /// In PEM format.
    pub key: PathBuf,
}

impl Authority {
    /// A new one, which nobody trusts.
    ///
    /// # Panics
    /// Without `openssl` on PATH.
    pub fn new() -> Self {
        let dir = TempDir::with_prefix("deertrack-ca-").expect("a temporary directory can be made");
        let (key, cert) = (text(&dir.path().join("ca.key")), text(&dir.path().join("ca.pem")));
        let name = format!("/CN=the CA in {}", dir.path().display().to_string().replace('/', " "));
        let own = ["req", "-x509", "-subj", &name, "-days", "30"];
        openssl(&[&own, &new_key(&key), &["-out", &cert]]);
        Self { dir }
    }

    /// Its own certificate: whom to trust.
    pub fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// A certificate for these names: `DNS:localhost,IP:127.0.0.1`.
    ///
    /// # Panics
    /// When `openssl` refuses.
    pub fn sign(&self, name: &str, names: &str) -> Signed {
        let at = |ending: &str| self.dir.path().join(format!("{name}.{ending}"));
        let signed = Signed { cert: at("pem"), key: at("key") };
        let (key, request, extensions) = (text(&signed.key), text(&at("csr")), at("ext"));
        openssl(&[&["req", "-subj", &format!("/CN={name}")][..], &new_key(&key), &["-out", &request]]);
        fs::write(&extensions, format!("subjectAltName={names}\nbasicConstraints=CA:FALSE\n"))
            .expect("a temporary file can be written");
        let (ca, ca_key) = (text(&self.ca()), text(&self.dir.path().join("ca.key")));
        let by = ["x509", "-req", "-in", &request, "-CA", &ca, "-CAkey", &ca_key, "-CAcreateserial"];
        let (extensions, cert) = (text(&extensions), text(&signed.cert));
        openssl(&[&by, &["-days", "30", "-extfile", &extensions, "-out", &cert]]);
        signed
    }
}

impl Signed {
    /// Options of a Redis that listens on `port` by TLS with it, and asks its clients for a certificate of this CA
    /// when `demands` says so.
    pub fn options(&self, port: u16, ca: &Path, demands: bool) -> [(&'static str, String); 5] {
        [
            ("tls-port", port.to_string()),
            ("tls-cert-file", text(&self.cert)),
            ("tls-key-file", text(&self.key)),
            ("tls-ca-cert-file", text(ca)),
            ("tls-auth-clients", if demands { "yes" } else { "no" }.to_owned()),
        ]
    }
}

impl Default for Authority {
    fn default() -> Self {
        Self::new()
    }
}

fn new_key(path: &str) -> [&str; 7] {
    ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", path]
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

fn openssl(words: &[&[&str]]) {
    let mut command = Command::new("openssl");
    let said = command.args(words.concat()).stdin(Stdio::null()).output().expect("openssl is on PATH");
    assert!(said.status.success(), "{command:?}: {}", String::from_utf8_lossy(&said.stderr));
}
