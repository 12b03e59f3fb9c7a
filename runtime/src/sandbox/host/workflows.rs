//! `workflows`: plans of many tasks that agents make themselves.

use crate::policy::permission::Permission;
use crate::sandbox::bindings::workflows as wit;
use crate::sandbox::host::board::{nothing, number};
use crate::sandbox::host::serve::Served;
use crate::sandbox::state::CallState;
use crate::store::Act;

impl wit::Host for CallState {
    fn create(&mut self, name: String, tasks: Vec<u64>) -> wasmtime::Result<Served<u64>> {
        let name = self.masker.mask_text(&name);
        let bytes = tasks.len().saturating_mul(size_of::<u64>());
        let on = (Permission::WorkflowsCreate, name.as_str());
        self.put(on, &[&name, &tasks], bytes, number, |_| {
            let (name, tasks) = (name.clone(), tasks.clone());
            Ok(Act::DraftWorkflow { name, tasks })
        })
    }

    fn start(&mut self, id: u64) -> wasmtime::Result<Served<()>> {
        let on = (Permission::WorkflowsStart, &*id.to_string());
        self.put(on, &[&id], 0, nothing, |_| Ok(Act::StartWorkflow { workflow: id }))
    }
}
