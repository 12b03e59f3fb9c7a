//! The attacks, a file for each family.

mod boundary;
mod commands;
mod components;
mod confinement;
mod exhaustion;
mod floods;
mod guarded;
mod host;
mod metadata;
mod network;
mod paths;
mod rules;
mod secrets;
mod surroundings;
mod wasi;

use super::Attack;

/// Every attack, in the order of the reference.
pub fn attacks() -> impl Iterator<Item = &'static Attack> {
    let families: [&'static [Attack]; 15] = [
        paths::ATTACKS,
        surroundings::ATTACKS,
        guarded::ATTACKS,
        exhaustion::ATTACKS,
        floods::ATTACKS,
        boundary::ATTACKS,
        wasi::ATTACKS,
        metadata::ATTACKS,
        components::ATTACKS,
        rules::ATTACKS,
        commands::ATTACKS,
        confinement::ATTACKS,
        network::ATTACKS,
        secrets::ATTACKS,
        host::ATTACKS,
    ];
    families.into_iter().flatten()
}
