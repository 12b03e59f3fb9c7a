//! `state`: what an agent remembers from one call to the next.

use crate::event::{KEY_BYTES_MAX, VALUE_BYTES_MAX, text};
use crate::policy::permission::Permission;
use crate::sandbox::bindings::state as wit;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::desk::Desk;
use crate::sandbox::host::serve::{Answer, Served, Subject, declined, sum};
use crate::sandbox::journal::Argument;
use crate::sandbox::state::{CallState, Powers};
use crate::sandbox::transcript::Transcript;

/// The most keys of one page.
const PAGE_KEYS_MAX: usize = 1_000;

/// What each set value counts besides its bytes, because the record of it takes room too.
const SET_COST_BYTES: u64 = 512;

impl Powers {
    /// The desk, where the call has one.
    pub(super) fn desk(&mut self) -> Served<&mut dyn Desk> {
        match &mut self.desk {
            Some(desk) => Ok(desk.as_mut()),
            None => Err(contract::Refusal::Unavailable(
                "nothing outlives this call: it has no store".into(),
            )),
        }
    }
}

impl wit::Host for CallState {
    fn get(&mut self, key: String) -> wasmtime::Result<Served<Option<wit::Item>>> {
        let key = self.masker.mask_text(&key);
        let (_, answer) = self.serve_outside(Permission::StateGet, Subject::named(&key), &[&key], |powers, _| {
            check_key(&key)?;
            let item = powers.desk()?.state_get(&key).map_err(declined)?;
            Ok(item.map(|item| wit::Item {
                key: key.clone(),
                version: item.version,
                value: item.value,
            }))
        })?;
        Ok(answer)
    }

    fn set(&mut self, key: String, value: Option<Vec<u8>>, expected: Option<u64>) -> wasmtime::Result<Served<u64>> {
        // What outlives the call holds no secret.
        let key = self.masker.mask_text(&key);
        let value = value.map(|value| self.without_secrets(value));
        let bytes_max = self.limits.state_bytes_max;
        let bytes = key.len().saturating_add(value.as_ref().map_or(0, Vec::len));
        let left = self
            .state_bytes_left
            .checked_sub((bytes as u64).saturating_add(SET_COST_BYTES));
        let arguments: &[&dyn Argument] = &[&key, &value, &expected];
        let (is_set, answer) =
            self.serve_outside(Permission::StateSet, Subject::named(&key), arguments, |powers, slip| {
                check_key(&key)?;
                if value.as_ref().is_some_and(|value| value.len() > VALUE_BYTES_MAX) {
                    return Err(contract::Refusal::Limit(format!(
                        "a value has at most {} KiB; larger results are artifacts",
                        VALUE_BYTES_MAX >> 10
                    )));
                }
                if left.is_none() {
                    return Err(contract::Refusal::Limit(
                        "this call has set many times all that the role's `state_kib` lets it remember".into(),
                    ));
                }
                let noting = slip.noting(|version: &u64| *version);
                let set = powers
                    .desk()?
                    .state_set(&key, value.clone(), expected, bytes_max, noting);
                set.map_err(declined)
            })?;
        if let Some(left) = left.filter(|_| is_set) {
            self.state_bytes_left = left;
        }
        Ok(answer)
    }

    fn list(&mut self, prefix: String, after: Option<String>) -> wasmtime::Result<Served<wit::KeyPage>> {
        let arguments: &[&dyn Argument] = &[&prefix, &after];
        let (_, answer) = self.serve_outside(
            Permission::StateList,
            Subject::named(&prefix),
            arguments,
            |powers, _| {
                for text in [Some(&prefix), after.as_ref()].into_iter().flatten() {
                    if !text.is_empty() {
                        check_key(text)?;
                    }
                }
                let page = powers
                    .desk()?
                    .state_list(&prefix, after.as_deref(), PAGE_KEYS_MAX)
                    .map_err(declined)?;
                Ok(wit::KeyPage {
                    keys: page.keys,
                    next: page.next,
                })
            },
        )?;
        Ok(answer)
    }
}

fn check_key(key: &str) -> Served<()> {
    if !key.is_empty() && text::is_plain(key, KEY_BYTES_MAX) {
        return Ok(());
    }
    Err(contract::Refusal::Invalid(format!(
        "a key has 1 to {KEY_BYTES_MAX} bytes of printable characters"
    )))
}

impl Answer for Option<wit::Item> {
    fn weight(&self) -> u64 {
        self.as_ref().map_or(0, |item| item.value.len() as u64)
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(u64::from(self.is_some()));
        if let Some(item) = self {
            transcript.bytes(item.key.as_bytes());
            transcript.number(item.version);
            transcript.bytes(&item.value);
        }
    }
}

impl Answer for wit::KeyPage {
    fn weight(&self) -> u64 {
        sum(self.keys.iter().map(|key| key.len().saturating_add(8)))
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.number(self.keys.len() as u64);
        self.keys.iter().for_each(|key| transcript.bytes(key.as_bytes()));
        transcript.number(u64::from(self.next.is_some()));
        transcript.bytes(self.next.as_deref().unwrap_or_default().as_bytes());
    }
}
