//! A request as somebody wrote it, and what of it may be sent. Pure.

use std::collections::BTreeSet;
use std::fmt;

use http::header::{self, HeaderName, HeaderValue};

use super::Patience;
use super::fill;
use super::refused::Refused;
use super::rules::{Admitted, Bounds, Rules};
use super::target::Target;
use crate::outcome::RequestUse;
use crate::secret::{Masker, Secrets};

/// How many headers a request may have.
pub const HEADERS_MAX: usize = 64;
/// How long all of them may be together, in bytes.
pub const HEADER_BYTES_MAX: usize = 32 << 10;

/// Headers of the connection, and those that the host sets: whoever could set them could make of one request two.
const HOSTS: [&str; 10] = [
    "connection",
    "content-length",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A request as somebody wrote it.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method, in capitals.
    pub method: String,
    /// The whole address.
    pub url: String,
    /// The headers.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Only how large it is: what a guest sends is nobody's to read.
impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("headers", &self.headers.len())
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

/// A request that may be sent, with its secrets in it.
pub struct Prepared {
    pub(super) rules: Rules,
    pub(super) bounds: Bounds,
    pub(super) admitted: Admitted,
    pub(super) target: Target,
    pub(super) headers: http::HeaderMap,
    pub(super) body: Vec<u8>,
    pub(super) masker: Masker,
    pub(super) patience: Option<Patience>,
    secrets: Secrets,
    /// What the body says it is.
    media_type: Option<String>,
    /// Whose values stand in it.
    names: BTreeSet<String>,
}

/// There are secrets in it.
impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.admitted.method, self.target)
    }
}

impl Prepared {
    /// Checks a request against the rules and puts in the secrets. Nothing is done outside.
    ///
    /// # Errors
    ///
    /// [`Refused`] where it may not be sent.
    pub fn check(rules: &Rules, bounds: Bounds, secrets: &Secrets, request: Request) -> Result<Self, Refused> {
        let mut target = Target::parse(&request.url).map_err(|error| Refused::Invalid(error.to_string()))?;
        let admitted = rules.admit(&request.method, &target)?;
        let mut headers = checked_headers(&request.headers)?;
        let media_type = fill::media_type(&headers);
        let mut names = BTreeSet::new();
        fill::fill_head(rules, secrets, &mut target, &mut headers, &mut names)?;
        let mut prepared = Self {
            rules: rules.clone(),
            bounds,
            headers: sent_headers(headers, &target)?,
            admitted,
            target,
            body: Vec::new(),
            masker: secrets.masker().clone(),
            patience: None,
            secrets: secrets.clone(),
            media_type,
            names,
        };
        prepared.put_body(request.body)?;
        Ok(prepared)
    }

    /// Gives it another body, where that comes later than the rest.
    ///
    /// # Errors
    ///
    /// [`Refused`] where it may not be sent with this body.
    pub fn put_body(&mut self, mut body: Vec<u8>) -> Result<(), Refused> {
        if body.len() as u64 > self.bounds.request_bytes {
            return Err(Refused::Limit(format!(
                "the request's body is longer than the role's `request_kib` of {}",
                self.bounds.request_bytes >> 10
            )));
        }
        fill::fill_body(
            &self.rules,
            &self.secrets,
            &self.target,
            self.media_type.as_deref(),
            &mut body,
            &mut self.names,
        )?;
        self.body = body;
        Ok(())
    }

    /// Has less patience with it than with others.
    pub fn hurry(&mut self, patience: Patience) {
        self.patience = Some(patience);
    }

    /// How long its body may be, in bytes.
    #[must_use]
    pub fn body_bytes_max(&self) -> u64 {
        self.bounds.request_bytes
    }

    /// What stands in the record of the request before anything came of it.
    #[must_use]
    pub fn as_use(&self) -> RequestUse {
        RequestUse {
            method: self.admitted.method.to_owned(),
            origin: self.target.origin().to_owned(),
            path: self.target.path().to_owned(),
            secrets: self.names.iter().cloned().collect(),
            status: None,
            outcome: String::new(),
            sent_bytes: 0,
            received_bytes: 0,
        }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &'static str {
        self.admitted.method
    }

    /// Where it goes.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }
}

/// Whether only the host sets this header.
#[must_use]
pub fn is_hosts_header(name: &str) -> bool {
    HOSTS.contains(&name) || name.starts_with("proxy-")
}

/// Checks the headers of a request. What a client library sets on its own and the host decides is left out.
fn checked_headers(headers: &[(String, Vec<u8>)]) -> Result<Vec<(HeaderName, Vec<u8>)>, Refused> {
    let bytes = headers.iter().fold(0_usize, |sum, (name, value)| {
        sum.saturating_add(name.len()).saturating_add(value.len())
    });
    if headers.len() > HEADERS_MAX || bytes > HEADER_BYTES_MAX {
        return Err(Refused::Limit(format!(
            "a request has at most {HEADERS_MAX} headers with at most {} KiB together",
            HEADER_BYTES_MAX >> 10
        )));
    }
    let mut checked = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| Refused::Invalid("a header's name has characters that no header has".into()))?;
        if is_hosts_header(name.as_str()) {
            return Err(Refused::Invalid(format!(
                "the header `{name}` is the host's to set; leave it out"
            )));
        }
        if HeaderValue::from_bytes(value).is_err() {
            return Err(Refused::Invalid(format!(
                "the value of the header `{name}` has control characters, which no header has"
            )));
        }
        if name != header::ACCEPT_ENCODING {
            checked.push((name, value.clone()));
        }
    }
    Ok(checked)
}

/// The headers as they are sent.
fn sent_headers(headers: Vec<(HeaderName, Vec<u8>)>, target: &Target) -> Result<http::HeaderMap, Refused> {
    let mut map = http::HeaderMap::new();
    let authority = HeaderValue::from_str(target.authority());
    map.insert(
        header::HOST,
        authority.map_err(|_| Refused::Invalid("the host is no header".into()))?,
    );
    map.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    map.insert(header::CONNECTION, HeaderValue::from_static("close"));
    for (name, value) in headers {
        let mut value = HeaderValue::from_bytes(&value)
            .map_err(|_| Refused::Invalid(format!("the value of the header `{name}` cannot stand in one")))?;
        // Some of them hold secrets; the mark keeps every one of them out of whatever is printed.
        value.set_sensitive(true);
        map.append(name, value);
    }
    if !map.contains_key(header::USER_AGENT) {
        let agent = HeaderValue::from_static(concat!("assize/", env!("CARGO_PKG_VERSION")));
        map.insert(header::USER_AGENT, agent);
    }
    Ok(map)
}
