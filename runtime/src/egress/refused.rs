//! Why a request was not sent, or its answer not passed on.

/// The host said no, or could not. No text holds a secret or a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// No grant opens it; the text says which line of the policy would.
    #[error("{0}")]
    Denied(String),
    /// A limit was reached; the text names it.
    #[error("{0}")]
    Limit(String),
    /// The request means nothing; the text says why.
    #[error("{0}")]
    Invalid(String),
    /// It did not work out.
    #[error("{0}")]
    Unavailable(String),
}

impl Refused {
    /// Says what came of the request, to stand in a record.
    #[must_use]
    pub fn outcome(&self) -> String {
        let kind = match self {
            Self::Denied(_) => "denied",
            Self::Limit(_) => "limit",
            Self::Invalid(_) => "invalid",
            Self::Unavailable(_) => "unavailable",
        };
        format!("{kind}: {self}")
    }
}
