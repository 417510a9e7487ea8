//! TLS as libpq means it: whom `sslmode` trusts.
//!
//! Not here: when TLS is asked for (`connect`). `disable` never gets here; `prefer` and
//! `require` encrypt without verifying, but `require` with a root file verifies the issuer,
//! as libpq does. Differences: TLS 1.2 and 1.3 only, names are looked for in
//! subjectAltName only.
//! Invariant: the key exchange is always verified against the certificate shown, so that
//! channel binding means something even where the certificate is not trusted.

use std::io;
use std::sync::Arc;

use engine::declared::SslMode;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect, TlsStream};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::connect::failure::ConnectError;

/// libpq's word for the system's roots.
const SYSTEM: &str = "system";

/// The client side of TLS for one resource; `None` for `disable`.
pub(crate) fn client(
    mode: SslMode,
    root_file: Option<&str>,
) -> Result<Option<MakeRustlsConnect>, ConnectError> {
    let trust = match (mode, root_file) {
        (SslMode::Disable, _) => return Ok(None),
        (SslMode::Prefer, _) | (SslMode::Require, None) => Trust::Anyone,
        (SslMode::Require, Some(_)) | (SslMode::VerifyCa, _) => Trust::Issuer(roots(root_file)?),
        (SslMode::VerifyFull, _) => Trust::IssuerAndName(roots(root_file)?),
    };
    let provider = Arc::new(ring::default_provider());
    let verifier = Verifier { trust, provider: Arc::clone(&provider) };
    let unusable = |error: rustls::Error| ConnectError::Handshake(io::Error::other(error));
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(Some(MakeRustlsConnect::new(config)))
}

/// Does the handshake on a connection where the server has agreed to TLS.
pub(crate) async fn handshake<S>(
    tls: &MakeRustlsConnect,
    host: &str,
    stream: S,
) -> Result<<MakeRustlsConnect as MakeTlsConnect<S>>::Stream, ConnectError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connector = match MakeTlsConnect::<S>::make_tls_connect(&mut tls.clone(), host) {
        Ok(connector) => connector,
        Err(never) => match never {},
    };
    connector.connect(stream).await.map_err(ConnectError::Handshake)
}

/// For tokio-postgres: TLS on a stream where it is established already.
pub(crate) struct Established;

impl<S: TlsStream + Unpin> TlsConnect<S> for Established {
    type Stream = S;
    type Error = std::convert::Infallible;
    type Future = std::future::Ready<Result<S, std::convert::Infallible>>;

    fn connect(self, stream: S) -> Self::Future {
        std::future::ready(Ok(stream))
    }
}

/// Trusted certificates.
#[derive(Debug)]
struct Roots {
    store: RootCertStore,
    /// The same certificates: a server may show one of them as its own (self-signed), which
    /// path building refuses and OpenSSL accepts.
    itself: Vec<CertificateDer<'static>>,
}

fn roots(file: Option<&str>) -> Result<Roots, ConnectError> {
    let certificates = match file {
        Some(path) if path != SYSTEM => read(path)
            .map_err(|error| ConnectError::Roots(Some(path.to_owned()), crate::error::chain(&error)))?,
        _ => {
            let found = rustls_native_certs::load_native_certs();
            if found.certs.is_empty() {
                let why = found.errors.first().map_or("there are none".to_owned(), ToString::to_string);
                return Err(ConnectError::Roots(None, why));
            }
            found.certs
        }
    };
    let mut store = RootCertStore::empty();
    let (usable, _) = store.add_parsable_certificates(certificates.iter().cloned());
    if usable == 0 {
        let why = "it has no certificate in PEM form".to_owned();
        return Err(ConnectError::Roots(file.map(str::to_owned), why));
    }
    Ok(Roots { store, itself: certificates })
}

fn read(path: &str) -> Result<Vec<CertificateDer<'static>>, rustls::pki_types::pem::Error> {
    CertificateDer::pem_file_iter(path)?.collect()
}

#[derive(Debug)]
enum Trust {
    Anyone,
    Issuer(Roots),
    IssuerAndName(Roots),
}

#[derive(Debug)]
struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn verify_issuer(
        &self,
        roots: &Roots,
        shown: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), rustls::Error> {
        let parsed = ParsedCertificate::try_from(shown)?;
        let algorithms = self.provider.signature_verification_algorithms.all;
        let verified =
            verify_server_cert_signed_by_trust_anchor(&parsed, &roots.store, between, now, algorithms);
        match verified {
            // What is wrong with a trusted certificate that is its own issuer shows up as one of
            // these, after its dates were checked.
            Err(rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::Other(_),
            )) if roots.itself.iter().any(|trusted| trusted == shown) => Ok(()),
            other => other,
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match &self.trust {
            Trust::Anyone => {}
            Trust::Issuer(roots) => self.verify_issuer(roots, end_entity, intermediates, now)?,
            Trust::IssuerAndName(roots) => {
                self.verify_issuer(roots, end_entity, intermediates, now)?;
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
