//! Moving the chain to and from one elected remote.
//!
//! Git does the transport, and is never started in the repository, whose configuration and hooks are hostile: it runs in a
//! **mirror**, a bare repository of our own in the user's home that holds nothing but refs of the chain and what they lead to.
//! What comes in is verified there before anything of it is carried over; what goes out is carried there first.
//!
//! Nothing is sent anywhere that the user did not elect ([`remote`]), and nothing is ever forced.

mod carry;
mod mirror;
pub mod remote;

pub use carry::{CarryFault, carry, leads_to};
pub use mirror::{Mirror, MirrorFault, PushedRef};
