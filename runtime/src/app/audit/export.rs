//! The chain in forms that other programs read, written as it is read.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::PathBuf;

use assize_provenance::cases::{Cases, HeardCase, Placed};
use assize_provenance::entry::{Content, EntryId, SignedEntry};
use assize_provenance::export::{self, summary::UnsignedSummary};
use assize_provenance::key::{Role, TrustedKeys, allowed_signers};
use assize_provenance::log_id::LogId;
use assize_provenance::log_reader::LogReader;
use assize_provenance::reader::{ObjectKind, ObjectReader};
use assize_provenance::report::{DecidedCase, Report};
use assize_provenance::root::{Found, Pin, Root, read_chain};
use assize_provenance::signature::note::NOTE_BYTES_MAX;
use assize_provenance::tree;
use assize_provenance::verify::Keep;

use super::read::logs;
use super::verify::checked;
use crate::app::{App, Fault, TrustFiles};
use crate::chain::keys::KeyStore;
use crate::chain::signer::Signer;
use crate::settings::Home;

/// The largest folder of a log that is read, in bytes.
const FOLDER_BYTES_MAX: u64 = 64 << 10;

/// The forms of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// Every entry as a compact JWS, one a line.
    Jws,
    /// Every verdict and override as a DSSE envelope, one a line.
    Dsse,
    /// Every verdict that holds as a verification summary, in a DSSE envelope that your council key signs, one a line.
    Vsa,
    /// Every entry with its place, one JSON object a line.
    Json,
    /// Every entry as a row of a table.
    Csv,
    /// Each log's newest checkpoint, a signed note.
    Note,
    /// The trusted keys that signed what is here, for ssh-keygen and git.
    AllowedSigners,
}

/// What is to be exported.
#[derive(Debug, Clone, Copy)]
pub struct ExportRequest<'a> {
    /// The form.
    pub format: ExportFormat,
    /// Only this log, by the start of its id.
    pub log: Option<&'a str>,
    /// What consumers of summaries know the commits by.
    pub resource: Option<&'a str>,
    /// Keys to trust besides one's own.
    pub files: TrustFiles<'a>,
}

/// An export under way.
struct Export<'a> {
    request: &'a ExportRequest<'a>,
    out: &'a mut dyn Write,
    trusted: TrustedKeys,
    /// What signs summaries, and which logs they are made of.
    summing: Option<(Signer, Report)>,
    written: u64,
}

impl App {
    /// Writes the chain, or one log of it, to `out`, and gives how many lines that were. Entries are written as they stand,
    /// unchecked; summaries only of logs that are proved.
    ///
    /// # Errors
    ///
    /// [`Fault`]; what was written until then stays written.
    pub fn audit_export(&self, request: &ExportRequest<'_>, out: &mut dyn Write) -> Result<u64, Fault> {
        let repository = self.repository()?;
        let reader: &dyn ObjectReader = repository.objects().as_ref();
        let home = self.home_if_there(&repository)?;
        let trusted = self.trusted(&repository, home.as_ref(), request.files)?;
        let summing = match request.format {
            ExportFormat::Vsa => {
                let signer = self.own_signer(home.as_ref())?;
                Some((signer, checked(&repository, home.as_ref(), &trusted, Keep::All)?.0))
            }
            _ => None,
        };
        let mut export = Export {
            request,
            out,
            trusted,
            summing,
            written: 0,
        };
        if request.format == ExportFormat::Csv {
            export.out.write_all(export::CSV_HEADER.as_bytes()).map_err(unwritten)?;
        }
        let root = match (request.format, export.trusted.pinned()) {
            (ExportFormat::AllowedSigners, Some(pin)) => Some(pinned_root(reader, pin)?),
            _ => None,
        };
        let mut found = false;
        for mut log in logs(reader)? {
            if request
                .log
                .is_some_and(|start| !log.log().to_string().starts_with(start))
            {
                continue;
            }
            match &root {
                // All keys at once are written once.
                Some(root) if request.log.is_none() => {
                    if !found {
                        export.signers_of(root, None)?;
                    }
                }
                Some(root) => export.signers_of(root, Some(log.log()))?,
                None => export.log(reader, &mut log)?,
            }
            found = true;
        }
        match request.log {
            Some(start) if !found => Err(Fault::wrong(
                format!("this repository has no log whose id starts with `{start}`"),
                "`assize audit log` lists the logs",
            )),
            _ => Ok(export.written),
        }
    }

    /// The signer of this user, if there are keys: nothing is made for reading.
    fn own_signer(&self, home: Option<&Home>) -> Result<Signer, Fault> {
        let store = home.map(|home| KeyStore::new(home.keys()));
        match store {
            Some(store) if !store.list()?.is_empty() => Ok(store.signer(self.clock)?.0),
            _ => Err(Fault::wrong(
                "you have no council key to sign summaries with",
                "`assize key new` makes one; tell its public half to whoever is to believe the summaries",
            )),
        }
    }
}

impl Export<'_> {
    fn log(&mut self, reader: &dyn ObjectReader, log: &mut LogReader<'_>) -> Result<(), Fault> {
        match self.request.format {
            ExportFormat::Vsa => self.summaries(log),
            ExportFormat::Note => self.checkpoint(reader, log),
            ExportFormat::AllowedSigners => self.signers(log),
            ExportFormat::Jws | ExportFormat::Dsse | ExportFormat::Json | ExportFormat::Csv => {
                for index in 0..log.size() {
                    let entry = log.entry(index)?;
                    self.entry(log, index, &entry)?;
                }
                Ok(())
            }
        }
    }

    fn entry(&mut self, log: &LogReader<'_>, index: u64, entry: &SignedEntry) -> Result<(), Fault> {
        let line = match self.request.format {
            ExportFormat::Csv => {
                let row = export::csv_row(log.log(), index, entry);
                self.written = self.written.saturating_add(1);
                return self.out.write_all(row.as_bytes()).map_err(unwritten);
            }
            ExportFormat::Jws => entry.compact_jws().into_bytes(),
            ExportFormat::Dsse if !entry.entry().content.decides() => return Ok(()),
            ExportFormat::Dsse => {
                let key = self.trusted.council_key(entry.key_id());
                let envelope = key.and_then(|key| entry.dsse_envelope(key)).ok_or_else(|| {
                    Fault::wrong(
                        format!("entry {index} of log {} is signed by a key that is not trusted here", log.log()),
                        "an envelope names its key; name the signer's with --key or --allowed-signers, or take --format jws",
                    )
                })?;
                envelope.into_bytes()
            }
            _ => export::json_line(log.log(), index, entry).map_err(|error| Fault::Bug(error.to_string()))?,
        };
        self.line(&line)
    }

    /// Every verdict that holds: of one that is overridden, the person's.
    fn summaries(&mut self, log: &mut LogReader<'_>) -> Result<(), Fault> {
        let name = log.log();
        let Some((_, report)) = &self.summing else {
            return Ok(());
        };
        let proved = report
            .logs
            .iter()
            .find(|said| said.log == Some(name) && said.is_proved());
        let Some(proved) = proved else {
            return Err(Fault::wrong(
                format!("log {name} is not proved, and nobody vouches for what is not"),
                "`assize audit verify` says what ails it; --log exports another one",
            ));
        };
        // What a verdict is summed up as is known only when a later override is.
        let overridden: BTreeMap<EntryId, EntryId> = proved
            .decided
            .iter()
            .filter_map(|decided| Some((decided.verdict, decided.overridden.as_ref()?.entry)))
            .collect();
        // What was heard again, or what a person refused, is nothing that anybody should rely on.
        let holds = |decided: &&DecidedCase| {
            decided.superseded_by().is_none() && decided.answer() == decided.answer_of_council()
        };
        let holding: BTreeSet<EntryId> = proved.decided.iter().filter(holds).map(|one| one.verdict).collect();
        let size = proved.size;
        let mut cases = Cases::new();
        let mut waiting: BTreeMap<EntryId, HeardCase> = BTreeMap::new();
        for index in 0..size {
            let entry = log.entry(index)?;
            if let Content::Override(record) = &entry.entry().content
                && overridden.get(&record.previous) == Some(&entry.id())
                && let Some(heard) = waiting.remove(&record.previous)
            {
                self.summary(log, &heard, Some(&Placed { index, entry }))?;
                continue;
            }
            let Some(heard) = cases.take(index, entry) else {
                continue;
            };
            let verdict = heard.verdict_entry().entry.id();
            if !holding.contains(&verdict) {
                continue;
            }
            if overridden.contains_key(&verdict) {
                waiting.insert(verdict, heard);
            } else {
                self.summary(log, &heard, None)?;
            }
        }
        Ok(())
    }

    fn summary(&mut self, log: &LogReader<'_>, heard: &HeardCase, person: Option<&Placed>) -> Result<(), Fault> {
        let bug = |error: &dyn std::fmt::Display| Fault::Bug(error.to_string());
        let summary =
            UnsignedSummary::of(log.log(), heard, person, self.request.resource).map_err(|error| bug(&error))?;
        let (Some(summary), Some((signer, _))) = (summary, &self.summing) else {
            return Ok(());
        };
        let envelope = signer.sign_summary(&summary).map_err(|error| bug(&error))?;
        self.line(envelope.as_bytes())
    }

    /// The checkpoint, byte for byte; its own last line ends it.
    fn checkpoint(&mut self, reader: &dyn ObjectReader, log: &LogReader<'_>) -> Result<(), Fault> {
        let damaged = || {
            Fault::wrong(
                format!("log {} has no checkpoint that can be read", log.log()),
                "`assize audit verify` says what is wrong with the log",
            )
        };
        let (_, commit) = log.tip();
        let folder = reader
            .object(&commit.signed.tree, FOLDER_BYTES_MAX)?
            .ok_or_else(damaged)?;
        let entries = tree::parse(&folder.bytes).map_err(|_| damaged())?;
        let file = entries
            .iter()
            .find(|entry| entry.name == b"checkpoint")
            .ok_or_else(damaged)?;
        let object = reader.object(&file.id, NOTE_BYTES_MAX as u64)?;
        let object = object
            .filter(|object| object.kind == ObjectKind::Blob)
            .ok_or_else(damaged)?;
        self.written = self.written.saturating_add(1);
        self.out.write_all(&object.bytes).map_err(unwritten)
    }

    /// The keys of a pinned root of trust, with what this format cannot say of them in comments.
    fn signers_of(&mut self, root: &Root, only: Option<LogId>) -> Result<(), Fault> {
        let text = allowed_signers::of_root(root, only);
        self.written = self
            .written
            .saturating_add(text.lines().filter(|line| !line.starts_with('#')).count() as u64);
        self.out.write_all(text.as_bytes()).map_err(unwritten)
    }

    fn signers(&mut self, log: &mut LogReader<'_>) -> Result<(), Fault> {
        let mut lines = BTreeSet::new();
        let (_, commit) = log.tip();
        if self.trusted.is_log_key(&commit.key) {
            lines.insert(allowed_signers::print(Role::Log, &commit.key));
        }
        for index in 0..log.size() {
            let entry = log.entry(index)?;
            for role in [Role::Council, Role::Person] {
                if let Some(key) = self.trusted.key(role, entry.key_id()) {
                    lines.insert(allowed_signers::print(role, key));
                }
            }
        }
        lines.iter().try_for_each(|line| self.line(line.as_bytes()))
    }

    fn line(&mut self, line: &[u8]) -> Result<(), Fault> {
        self.written = self.written.saturating_add(1);
        self.out
            .write_all(line)
            .and_then(|()| self.out.write_all(b"\n"))
            .map_err(unwritten)
    }
}

/// The newest version of the root of trust that is pinned. What a wrong or an older one says is exported to nobody.
fn pinned_root(reader: &dyn ObjectReader, pin: Pin) -> Result<Root, Fault> {
    match read_chain(reader)? {
        Found::Chain(chain) if chain.first() == pin.digest && chain.newest.root().version >= pin.least => {
            Ok(chain.newest.root().clone())
        }
        _ => Err(Fault::wrong(
            format!("the root of trust here is not the one that is pinned: {pin}"),
            "`assize audit verify` says what is wrong with it",
        )),
    }
}

fn unwritten(source: std::io::Error) -> Fault {
    Fault::Io {
        path: PathBuf::from("the export"),
        source,
    }
}
