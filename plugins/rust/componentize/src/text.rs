//! Guests written as text, for what no compiler would make.

use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The contract, where this program was built.
const WIT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../wit");

/// Assembles a core module and marks it as one of the world `agent`, so that it becomes a component like any other.
pub(crate) fn assemble(text: &[u8]) -> Result<Vec<u8>, String> {
    let text = std::str::from_utf8(text).map_err(|reason| reason.to_string())?;
    let mut module = wat::parse_str(text).map_err(|reason| reason.to_string())?;
    let failed = |reason: &dyn std::fmt::Display| format!("{reason:#}");
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(WIT).map_err(|reason| failed(&reason))?;
    let world = resolve
        .select_world(&[package], Some("agent"))
        .map_err(|reason| failed(&reason))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8).map_err(|reason| failed(&reason))?;
    Ok(module)
}
