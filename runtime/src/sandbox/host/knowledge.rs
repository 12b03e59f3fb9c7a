//! `knowledge`: what agents know together.

use crate::policy::permission::Permission;
use crate::sandbox::bindings::knowledge as wit;
use crate::sandbox::host::board::number;
use crate::sandbox::host::serve::{Answer, Served};
use crate::sandbox::journal::Argument;
use crate::sandbox::state::CallState;
use crate::sandbox::transcript::Transcript;
use crate::store::{Act, Known};

impl wit::Host for CallState {
    fn share(&mut self, key: String, value: String) -> wasmtime::Result<Served<u64>> {
        let (key, value) = (self.masker.mask_text(&key), self.kept(&value));
        let on = (Permission::KnowledgeShare, key.as_str());
        self.put(on, &[&key, &value], value.len(), number, |_| {
            let (key, value) = (key.clone(), value.clone());
            Ok(Act::Share { key, value })
        })
    }

    fn get(&mut self, key: String) -> wasmtime::Result<Served<Option<wit::Item>>> {
        let key = self.masker.mask_text(&key);
        self.look((Permission::KnowledgeGet, &key), &[&key], |board| {
            Ok(board.knowledge(&key)?.map(item))
        })
    }

    fn update(&mut self, key: String, value: String, expected: Option<u64>) -> wasmtime::Result<Served<u64>> {
        let (key, value) = (self.masker.mask_text(&key), self.kept(&value));
        let arguments: &[&dyn Argument] = &[&key, &value, &expected];
        let on = (Permission::KnowledgeUpdate, key.as_str());
        self.put(on, arguments, value.len(), number, |_| {
            let (key, value) = (key.clone(), value.clone());
            Ok(Act::Revise { key, value, expected })
        })
    }
}

fn item(known: Known) -> wit::Item {
    wit::Item {
        key: known.key,
        version: known.version,
        value: known.value,
        agent: known.agent,
    }
}

impl Answer for Option<wit::Item> {
    fn weight(&self) -> u64 {
        self.as_ref()
            .map_or(0, |item| item.key.len().saturating_add(item.value.len()) as u64)
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(u64::from(self.is_some()));
        if let Some(item) = self {
            transcript.number(item.version);
            for text in [&item.key, &item.value, &item.agent] {
                transcript.bytes(text.as_bytes());
            }
        }
    }
}
