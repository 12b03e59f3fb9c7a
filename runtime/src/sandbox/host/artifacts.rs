//! `artifacts`: results that outlive the call, under the digest of their contents.

use assize_provenance::digest::Digest;

use crate::event::{self, NAME_BYTES_MAX};
use crate::policy::permission::Permission;
use crate::sandbox::bindings::artifacts as wit;
use crate::sandbox::bindings::types as contract;
use crate::sandbox::host::serve::{Answer, Served, Subject, declined};
use crate::sandbox::journal::Argument;
use crate::sandbox::state::CallState;
use crate::sandbox::transcript::Transcript;
use crate::store::ARTIFACT_BYTES_MAX;

/// What each artifact counts besides its contents, in bytes, so that empty ones fill no disk.
const ARTIFACT_COST_BYTES: u64 = 512;
/// The most bytes of one answer.
const READ_BYTES_MAX: u32 = 1 << 20;

impl wit::Host for CallState {
    fn store(
        &mut self,
        name: String,
        media_type: String,
        contents: Vec<u8>,
    ) -> wasmtime::Result<Served<wit::Artifact>> {
        // What outlives the call holds no secret.
        let (name, media_type) = (self.masker.mask_text(&name), self.masker.mask_text(&media_type));
        let contents = self.without_secrets(contents);
        let bytes = contents.len() as u64;
        let left = self
            .artifact_bytes_left
            .checked_sub(bytes.saturating_add(ARTIFACT_COST_BYTES));
        let permission = Permission::ArtifactsStore;
        let arguments: &[&dyn Argument] = &[&name, &media_type, &contents];
        let (stored, answer) = self.serve_outside(permission, Subject::named(&name), arguments, |powers, slip| {
            check_text("name", &name)?;
            check_media_type(&media_type)?;
            if contents.len() > ARTIFACT_BYTES_MAX {
                return Err(contract::Refusal::Limit(format!(
                    "an artifact has at most {} MiB",
                    ARTIFACT_BYTES_MAX >> 20
                )));
            }
            if left.is_none() {
                return Err(contract::Refusal::Limit(
                    "the role's `artifact_mib` is used up: nothing more is stored in this call".into(),
                ));
            }
            let artifact = move |digest: &Digest| wit::Artifact {
                digest: digest.to_string(),
                bytes,
            };
            let noting = slip.noting(artifact);
            let digest = powers
                .desk()?
                .artifact_store(&name, &media_type, contents.clone(), noting);
            digest.as_ref().map(artifact).map_err(|reason| declined(reason.clone()))
        })?;
        if let Some(left) = left.filter(|_| stored) {
            self.artifact_bytes_left = left;
        }
        Ok(answer)
    }

    fn get(&mut self, digest: String, offset: u64, length: u32) -> wasmtime::Result<Served<Vec<u8>>> {
        let arguments: &[&dyn Argument] = &[&digest, &offset, &length];
        let (_, answer) = self.serve_outside(
            Permission::ArtifactsGet,
            Subject::named(&digest),
            arguments,
            |powers, _| {
                let Ok(digest) = digest.parse::<Digest>() else {
                    return Err(contract::Refusal::Invalid(
                        "a digest is 64 lower-case hexadecimal digits".into(),
                    ));
                };
                powers
                    .desk()?
                    .artifact_get(&digest, offset, length.min(READ_BYTES_MAX))
                    .map_err(declined)
            },
        )?;
        Ok(answer)
    }
}

fn check_text(what: &str, text: &str) -> Served<()> {
    if !text.is_empty() && event::text::is_plain(text, NAME_BYTES_MAX) {
        return Ok(());
    }
    Err(contract::Refusal::Invalid(format!(
        "a {what} has 1 to {NAME_BYTES_MAX} bytes of printable characters"
    )))
}

/// A type and a subtype, with nothing else: parameters would be one more language to read.
fn check_media_type(text: &str) -> Served<()> {
    check_text("media type", text)?;
    let is_token = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    match text.split_once('/') {
        Some((kind, subtype)) if is_token(kind) && is_token(subtype) => Ok(()),
        _ => Err(contract::Refusal::Invalid(
            "a media type is written like `text/plain`, without parameters".into(),
        )),
    }
}

impl Answer for wit::Artifact {
    fn weight(&self) -> u64 {
        self.digest.len() as u64
    }

    fn record(&self, transcript: &mut Transcript) {
        transcript.bytes(self.digest.as_bytes());
        transcript.number(self.bytes);
    }
}
