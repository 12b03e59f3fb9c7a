//! `process`: commands of the machine.

use crate::policy::permission::Permission;
use crate::sandbox::bindings::process as wit;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::host::serve::{Answer, Served, Subject};
use crate::sandbox::state::CallState;
use crate::sandbox::transcript::Transcript;

impl wit::Host for CallState {
    fn run(&mut self, command: wit::Command) -> wasmtime::Result<Served<wit::Ended>> {
        let name = command.arguments.join(" ");
        self.serve_agent(Permission::ProcessRun, Subject::named(&name), |_| {
            Err(contract::Refusal::Unavailable("no commands can be run here".into()))
        })
    }
}

impl Answer for wit::Ended {
    fn weight(&self) -> u64 {
        (self.stdout.len() as u64).saturating_add(self.stderr.len() as u64)
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.bytes(&self.stdout);
        transcript.bytes(&self.stderr);
    }
}
