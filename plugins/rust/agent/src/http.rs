//! Requests to servers outside, as a trait.

use crate::Refusal;
pub use crate::bindings::assize::plugin::http::{Header, Request, Response};

/// The interface `http` of the contract; see `wit/http.wit` for what it does.
pub trait Http {
    /// Sends a request and reads the whole answer.
    ///
    /// # Errors
    ///
    /// The host's refusal. An answer with a status of failure is no refusal.
    fn send(&self, request: &Request) -> Result<Response, Refusal>;
}

impl Request {
    /// A request without a body that reads what lies at an address.
    #[must_use]
    pub fn get(url: &str) -> Self {
        Self {
            method: "GET".to_owned(),
            url: url.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            seconds: None,
        }
    }

    /// The same request with one more header.
    #[must_use]
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.headers.push(Header { name, value });
        self
    }
}

impl Response {
    /// The first value of a header; its name may be written in any case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut named = self
            .headers
            .iter()
            .filter(|header| header.name.eq_ignore_ascii_case(name));
        named.next().map(|header| header.value.as_str())
    }
}
