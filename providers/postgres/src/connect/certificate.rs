//! What is wrong with a server's certificate, in words that need no library to understand.
//!
//! Not here: whether it is looked at (`tls`). Invariant: what has no words of its own here is told
//! in those of the library, and never left out.

use engine::code::Code;
use engine::diagnostic::Diagnostic;
use engine::name::printable;
use rustls::CertificateError;

use crate::error::Site;

/// The message about a certificate that was refused.
pub(super) fn refused(site: &Site, wrong: &CertificateError) -> Diagnostic {
    let told = |what: &str, hint: &str| {
        site.tell(Code::PGS008, format_args!("The certificate of the server {what}")).hint(hint)
    };
    match wrong {
        CertificateError::NotValidForName => other_host(site, &[]),
        CertificateError::NotValidForNameContext { presented, .. } => other_host(site, presented),
        CertificateError::UnknownIssuer => told(
            "was issued by nobody who is trusted here",
            "Name the certificate of its issuer in `sslrootcert`.",
        ),
        CertificateError::BadSignature => told(
            "is not signed by the issuer that it names",
            "Name the present certificate of its issuer in `sslrootcert`.",
        ),
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            told("has expired", "Have it renewed, or set the clock of this machine right.")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            told("is not valid yet", "Set the clock of this machine right, or that of its issuer.")
        }
        CertificateError::InvalidPurpose | CertificateError::InvalidPurposeContext { .. } => {
            told("is not one for servers", "Have one issued with the extended key usage serverAuth.")
        }
        CertificateError::Other(other) if other.to_string() == "CaUsedAsEndEntity" => told(
            "is that of an authority (CA:TRUE), which only issues certificates",
            "Have one issued for the server, or name this very certificate in `sslrootcert`.",
        ),
        other => {
            told(&format!("is not trusted: {other}"), "Name the certificate of its issuer in `sslrootcert`.")
        }
    }
}

/// `presented` as the library shows names: `DnsName("localhost")`, `IpAddress(127.0.0.1)`.
fn other_host(site: &Site, presented: &[String]) -> Diagnostic {
    let bare = |name: &String| {
        let name = name.split_once('(').map_or(name.as_str(), |(_, name)| name);
        printable(name.trim_matches(['"', ')']))
    };
    let names: Vec<String> = presented.iter().map(bare).collect();
    let whose = if names.is_empty() { String::new() } else { format!(", but for {}", names.join(", ")) };
    site.tell(Code::PGS009, format_args!("The certificate of the server is not for this host{whose}"))
        .hint("Use a host name that stands in the certificate's subjectAltName.")
}
