//! Being a witness.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use assize_provenance::key::vkey::{NoteKey, NoteKeyError, NoteKind};

use super::{App, Fault, read_named};
use crate::settings::Home;
use crate::witness::book::Book;
use crate::witness::server;

/// The longest list of logs that is read, in bytes.
const LOGS_BYTES_MAX: u64 = 16 << 20;

/// What a witness is to be.
#[derive(Debug, Clone, Copy)]
pub struct WitnessRequest<'a> {
    /// The file with the keys of the logs.
    pub logs: &'a Path,
    /// Where to listen.
    pub listen: SocketAddr,
    /// Its folder; the one in the home otherwise.
    pub folder: Option<&'a Path>,
    /// Its name, where there is none yet.
    pub name: Option<&'a str>,
}

impl App {
    /// Works as a witness until the process ends. `announce` is told its key and where it listens.
    ///
    /// # Errors
    ///
    /// [`Fault`] when it cannot start.
    pub fn witness(
        &self,
        request: WitnessRequest<'_>,
        announce: &mut dyn FnMut(&NoteKey, SocketAddr) -> std::io::Result<()>,
    ) -> Result<Infallible, Fault> {
        let logs = self.known_logs(request.logs)?;
        let folder = match request.folder {
            Some(folder) => self.dir.join(folder),
            None => Home::open(&self.home)?.witness(),
        };
        let book = Book::open(&folder, request.name, logs, self.clock)?;
        let io = |source| Fault::Io {
            path: request.listen.to_string().into(),
            source,
        };
        let listener = TcpListener::bind(request.listen).map_err(io)?;
        let address = listener.local_addr().map_err(io)?;
        announce(book.key(), address).map_err(io)?;
        server::serve(Arc::new(book), listener).map_err(io)
    }

    /// Reads the keys of logs, one on each line; lines that start with `#` are for people.
    fn known_logs(&self, file: &Path) -> Result<Vec<NoteKey>, Fault> {
        let bytes = read_named(&self.dir.join(file), LOGS_BYTES_MAX)?;
        let text = String::from_utf8_lossy(&bytes);
        let mut logs = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let wrong = |why: String| {
                let hint = "`assize audit witness` prints the keys of the logs of a repository";
                Fault::wrong(format!("{}, line {number}: {why}", file.display()), hint)
            };
            let key: NoteKey = line.parse().map_err(|error: NoteKeyError| wrong(error.to_string()))?;
            if key.kind() != NoteKind::Note {
                return Err(wrong("this is the key of a witness, not of a log".to_owned()));
            }
            logs.push(key);
        }
        Ok(logs)
    }
}
