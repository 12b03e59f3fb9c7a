//! `http`: requests to servers outside.

use crate::policy::permission::Permission;
use crate::sandbox::bindings::http as wit;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::host::serve::{Answer, Served, Subject};
use crate::sandbox::state::CallState;
use crate::sandbox::transcript::Transcript;

impl wit::Host for CallState {
    fn send(&mut self, request: wit::Request) -> wasmtime::Result<Served<wit::Response>> {
        self.serve_agent(Permission::HttpSend, Subject::named(&request.url), |_| {
            Err(contract::Refusal::Unavailable("no requests can be sent here".into()))
        })
    }
}

impl Answer for wit::Response {
    fn weight(&self) -> u64 {
        self.body.len() as u64
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(u64::from(self.status));
        transcript.bytes(&self.body);
    }
}
