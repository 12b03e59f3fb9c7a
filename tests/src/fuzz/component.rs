//! Loading components: whatever the bytes are, the answer is a plugin or a sentence.

use std::sync::LazyLock;

use assize::sandbox::{Allocation, Sandbox};

use crate::room;

/// Loads bytes as a judge and as an agent. What loads has said what it is.
///
/// # Panics
///
/// When a promise is broken.
pub fn component(bytes: &[u8]) {
    static SANDBOX: LazyLock<Sandbox> = LazyLock::new(|| room::sandbox(Allocation::OnDemand));
    let judge = SANDBOX.load(bytes).expect("the machine holds");
    let agent = SANDBOX.load_agent(bytes).expect("the machine holds");
    let told = |reason: String| assert!(!reason.is_empty() && reason.len() < 64 << 10, "{reason}");
    match judge {
        Ok(judge) => assert!(!judge.description().name.is_empty()),
        Err(unusable) => told(unusable.to_string()),
    }
    match agent {
        Ok(agent) => assert!(!agent.description().name.is_empty()),
        Err(unusable) => told(unusable.to_string()),
    }
}
