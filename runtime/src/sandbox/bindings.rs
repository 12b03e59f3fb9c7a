//! Generated from `wit/`; nothing by hand. The words that both worlds share are generated once.

/// The world `judge`.
pub(super) mod judge {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "judge",
        imports: { default: trappable },
        additional_derives: [serde::Serialize, serde::Deserialize],
    });
}

/// The world `agent`.
pub(super) mod agent {
    wasmtime::component::bindgen!({
        path: "../wit",
        world: "agent",
        imports: { default: trappable },
        additional_derives: [serde::Serialize, serde::Deserialize],
        with: {
            "assize:plugin/types": super::judge::assize::plugin::types,
            "assize:plugin/log": super::judge::assize::plugin::log,
        },
    });
}

pub(super) use agent::assize::plugin::{
    artifacts, decisions, http, knowledge, messages, process, state, status, tasks, work, workflows, workspace,
};
pub(super) use judge::assize::plugin::{evidence, log, types};
