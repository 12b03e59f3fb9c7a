//! Encryption: one library, one provider of cryptography, the certificates that the machine trusts.

use std::sync::{Arc, OnceLock};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::address::Host;
use super::refused::Refused;
use super::target::Target;

/// Whose certificates are trusted.
#[derive(Debug, Clone, Default)]
pub enum Trust {
    /// Those that the machine trusts; `SSL_CERT_FILE` and `SSL_CERT_DIR` name others.
    #[default]
    System,
    /// These, and no others.
    Only(Vec<CertificateDer<'static>>),
}

/// The settings of one client, made when the first request needs them. What one client remembers of a server, to be quicker the
/// next time, no other client sees.
#[derive(Debug)]
pub(super) struct Tls {
    trust: Trust,
    settings: OnceLock<Result<Arc<ClientConfig>, String>>,
}

impl Tls {
    pub(super) fn new(trust: Trust) -> Self {
        Self {
            trust,
            settings: OnceLock::new(),
        }
    }

    /// Encrypts a connection to the host of a target, and checks that it is this host.
    pub(super) async fn connect(&self, target: &Target, stream: TcpStream) -> Result<TlsStream<TcpStream>, Refused> {
        let settings = self.settings.get_or_init(|| settings(&self.trust)).clone();
        let settings = settings.map_err(Refused::Unavailable)?;
        let name = match target.host() {
            Host::Address(address) => ServerName::from(*address),
            Host::Name(name) => ServerName::try_from(name.clone()).map_err(|_| {
                Refused::Invalid(format!("{} has no name that a certificate could have", target.origin()))
            })?,
        };
        let connected = TlsConnector::from(settings).connect(name, stream).await;
        connected.map_err(|error| {
            Refused::Unavailable(format!(
                "{} is not who it should be, or encrypts otherwise: {error}",
                target.origin()
            ))
        })
    }
}

fn settings(trust: &Trust) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    let mut why = String::new();
    match trust {
        Trust::System => {
            let found = rustls_native_certs::load_native_certs();
            why = found
                .errors
                .first()
                .map(|error| format!(" ({error})"))
                .unwrap_or_default();
            roots.add_parsable_certificates(found.certs);
        }
        Trust::Only(certificates) => {
            roots.add_parsable_certificates(certificates.iter().cloned());
        }
    }
    if roots.is_empty() {
        return Err(format!(
            "this machine trusts no certificates{why}; install them (the package `ca-certificates`), or name a file with SSL_CERT_FILE"
        ));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?;
    let mut settings = builder.with_root_certificates(roots).with_no_client_auth();
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(settings))
}
