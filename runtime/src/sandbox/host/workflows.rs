//! `workflows`: plans of many tasks that agents make themselves.

use crate::policy::permission::Permission;
use crate::sandbox::bindings::workflows as wit;
use crate::sandbox::host::serve::Served;
use crate::sandbox::state::CallState;
use crate::store::Act;

impl wit::Host for CallState {
    fn create(&mut self, name: String, tasks: Vec<u64>) -> wasmtime::Result<Served<u64>> {
        let name = self.masker.mask_text(&name);
        let subject = name.clone();
        let bytes = tasks.len().saturating_mul(size_of::<u64>());
        self.put(Permission::WorkflowsCreate, &subject, bytes, |_| {
            Ok(Act::DraftWorkflow { name, tasks })
        })
    }

    fn start(&mut self, id: u64) -> wasmtime::Result<Served<()>> {
        self.put_quietly(Permission::WorkflowsStart, &id.to_string(), 0, |_| {
            Ok(Act::StartWorkflow { workflow: id })
        })
    }
}
