//! Certificates for servers of the tests, good ones and bad ones.

use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// An authority that signs certificates, and that only the tests trust.
pub struct Certificates {
    authority: CertifiedIssuer<'static, KeyPair>,
}

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// It is over.
    Expired,
    /// It has not begun.
    Future,
    /// It is for another name.
    OtherName,
    /// It signed itself.
    SelfSigned,
    /// Another authority of the same name signed it.
    OtherAuthority,
}

impl Certificates {
    /// Makes an authority.
    ///
    /// # Panics
    ///
    /// When no key can be made.
    #[must_use]
    pub fn new() -> Self {
        Self { authority: authority() }
    }

    /// What to trust.
    #[must_use]
    pub fn roots(&self) -> Vec<CertificateDer<'static>> {
        vec![self.authority.der().clone()]
    }

    /// The settings of a server of that name.
    ///
    /// # Panics
    ///
    /// When no certificate can be made.
    #[must_use]
    pub fn server(&self, name: &str, fault: Fault) -> Arc<ServerConfig> {
        let named = if fault == Fault::OtherName {
            "other.example"
        } else {
            name
        };
        let mut parameters = CertificateParams::new([named.to_owned()]).expect("a name");
        match fault {
            Fault::Expired => parameters.not_after = date_time_ymd(2020, 1, 1),
            Fault::Future => parameters.not_before = date_time_ymd(2090, 1, 1),
            _ => {}
        }
        let key = KeyPair::generate().expect("a key");
        let certificate = match fault {
            Fault::SelfSigned => parameters.self_signed(&key),
            Fault::OtherAuthority => parameters.signed_by(&key, &authority()),
            _ => parameters.signed_by(&key, &self.authority),
        };
        let certificate = certificate.expect("a certificate").der().clone();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let settings = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .expect("a certificate");
        Arc::new(settings)
    }
}

impl Default for Certificates {
    fn default() -> Self {
        Self::new()
    }
}

fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut parameters = CertificateParams::new(Vec::<String>::new()).expect("no names");
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters
        .distinguished_name
        .push(DnType::CommonName, "an authority of the tests");
    CertifiedIssuer::self_signed(parameters, KeyPair::generate().expect("a key")).expect("an authority")
}
