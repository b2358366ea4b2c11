//! Signed links: whoever has one may fetch that one file until its time is over, without a key.
//!
//! HMAC-SHA256 over method, file and end, with a secret of the file of keys. The first secret signs, all of them are
//! taken: put a new one in front, and drop the old one when its links are over.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use ring::hmac::{self, HMAC_SHA256};
use ring::rand::{SecureRandom, SystemRandom};

use super::Name;

/// Random bytes of a secret.
const SECRET_BYTES: usize = 32;
/// The longest time for which a link is good.
pub const LONGEST_LINK: Duration = Duration::from_hours(7 * 24);

/// A secret that signs links.
#[derive(Clone)]
pub(super) struct LinkSecret {
    pub(super) id: String,
    key: hmac::Key,
}

/// A link's end and its proof, as they stand behind the `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// The id of the secret.
    pub kid: String,
    /// When it is over, in seconds since 1970.
    pub exp: i64,
    /// HMAC-SHA256, base64url.
    pub sig: String,
}

impl LinkSecret {
    pub(super) fn read(id: &Name, secret: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(secret).ok().filter(|bytes| bytes.len() >= SECRET_BYTES)?;
        Some(Self { id: id.to_string(), key: hmac::Key::new(HMAC_SHA256, &bytes) })
    }

    pub(super) fn sign(&self, filename: &str, until: DateTime<Utc>) -> Signed {
        let exp = until.timestamp();
        let tag = hmac::sign(&self.key, signed_text(filename, exp).as_bytes());
        Signed { kid: self.id.clone(), exp, sig: URL_SAFE_NO_PAD.encode(tag) }
    }

    /// In constant time.
    pub(super) fn proves(&self, filename: &str, signed: &Signed, now: DateTime<Utc>) -> bool {
        let longest = TimeDelta::from_std(LONGEST_LINK).unwrap_or(TimeDelta::MAX);
        let in_time = signed.exp > now.timestamp() && signed.exp <= (now + longest).timestamp() + 60;
        let Ok(tag) = URL_SAFE_NO_PAD.decode(&signed.sig) else { return false };
        in_time && hmac::verify(&self.key, signed_text(filename, signed.exp).as_bytes(), &tag).is_ok()
    }
}

/// HEAD is asked as GET. A file's name holds no line ends.
fn signed_text(filename: &str, exp: i64) -> String {
    format!("GET\n{filename}\n{exp}")
}

/// A new secret, as the file of keys holds it.
pub(super) fn new_secret() -> String {
    let mut bytes = [0; SECRET_BYTES];
    SystemRandom::new().fill(&mut bytes).expect("the system gives random numbers");
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_good_for_its_file_its_time_and_its_secret_alone() {
        let id: Name = "one".parse().unwrap();
        let (ours, other) =
            (LinkSecret::read(&id, &new_secret()).unwrap(), LinkSecret::read(&id, &new_secret()).unwrap());
        let now = Utc::now();
        let signed = ours.sign("report_1.pdf", now + TimeDelta::hours(1));
        assert!(ours.proves("report_1.pdf", &signed, now));
        assert!(!other.proves("report_1.pdf", &signed, now));
        assert!(!ours.proves("report_2.pdf", &signed, now));
        assert!(!ours.proves("report_1.pdf", &signed, now + TimeDelta::hours(2)), "over");
        assert!(!ours.proves("report_1.pdf", &Signed { exp: signed.exp + 1, ..signed.clone() }, now));
        for sig in ["", "x", "====", &signed.sig[1..]] {
            assert!(
                !ours.proves("report_1.pdf", &Signed { sig: sig.to_owned(), ..signed.clone() }, now),
                "{sig}"
            );
        }
        assert!(LinkSecret::read(&id, "c2hvcnQ").is_none(), "a short secret is none");
    }
}
