//! The only way out: every request that Assize or a guest sends goes through here.

/// What sends requests for one principal.
#[derive(Debug, Clone)]
pub struct Egress {}
