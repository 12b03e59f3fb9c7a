//! Why a request was not sent, or its answer not passed on.

use crate::secret::Masker;

/// The host said no, or could not. No text holds a secret or a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No grant opens it; the text says which line of the policy would.
    #[error("{0}")]
    Denied(String),
    /// A limit was reached; the text names it.
    #[error("{1}")]
    Limit(Bound, String),
    /// The request means nothing; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// It did not work out.
    #[error("{0}")]
    Unavailable(String),
}

/// What was limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The body or the headers of the request.
    Request,
    /// The status and headers of the answer.
    Head,
    /// The body of the answer.
    Response,
    /// The time.
    Time,
}

impl Refused {
    /// The same, with secrets masked: a server may say in a certificate whatever it has heard.
    pub(super) fn masked(self, masker: &Masker) -> Self {
        match self {
            Self::Denied(text) => Self::Denied(masker.mask_text(&text)),
            Self::Limit(bound, text) => Self::Limit(bound, masker.mask_text(&text)),
            Self::Invalid(text) => Self::Invalid(masker.mask_text(&text)),
            Self::Unavailable(text) => Self::Unavailable(masker.mask_text(&text)),
        }
    }

    /// Says what came of the request, to stand in a record.
    #[must_use]
    pub fn outcome(&self) -> String {
        let kind = match self {
            Self::Denied(_) => "denied",
            Self::Limit(..) => "limit",
            Self::Invalid(_) => "invalid",
            Self::Unavailable(_) => "unavailable",
        };
        format!("{kind}: {self}")
    }
}
