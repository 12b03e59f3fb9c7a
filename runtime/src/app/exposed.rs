//! Secrets that lie open in files of the work tree: only in files that usually hold some, by name and line, never by value.

use cap_std::fs::{Dir, DirEntry};
use std::io::Read;
use std::path::Path;

use crate::authority;
use crate::secret::{self, VALUE_BYTES_MIN};

/// How deep folders are looked into.
const DEPTH_MAX: usize = 12;
/// How many files and folders are looked at.
const ENTRIES_MAX: usize = 50_000;
/// How much of one file is read, in bytes.
const FILE_BYTES_MAX: u64 = 256 << 10;
/// How many places are named.
const PLACES_MAX: usize = 100;

/// Folders whose files are made or fetched, and the inside of repositories.
const PASSED_OVER: [&str; 6] = [".git", "node_modules", "target", "vendor", ".venv", "__pycache__"];

/// The start of the name of a file of variables.
const VARIABLES: &str = ".env";
/// What ends the name of a file that only shows what others look like.
const SHOWN_ENDS: [&str; 5] = [".example", ".sample", ".template", ".dist", ".md"];
/// Names of files that usually hold secrets.
const NAMES: [&str; 16] = [
    ".npmrc",
    ".pypirc",
    ".netrc",
    ".pgpass",
    ".git-credentials",
    "credentials",
    "credentials.json",
    "secrets.toml",
    "secrets.yaml",
    "secrets.yml",
    "secrets.json",
    "terraform.tfvars",
    "id_rsa",
    "id_ecdsa",
    "id_ed25519",
    "service-account.json",
];
/// Ends of such names.
const ENDS: [&str; 3] = [".pem", ".key", ".env"];

/// Parts of names of variables that hold secrets.
const SECRET_WORDS: [&str; 9] = [
    "secret",
    "token",
    "password",
    "passwd",
    "api_key",
    "apikey",
    "private_key",
    "access_key",
    "credential",
];
/// Parts of values that only stand for one.
const STAND_INS: [&str; 8] = ["$", "<", "{{", "example", "changeme", "your", "xxxx", "****"];

/// Where secrets lie open: `path:line` each, in order, and whether the search was cut short.
pub(super) fn places(work_tree: &Path) -> std::io::Result<(Vec<String>, bool)> {
    let root = authority::folder(work_tree)?;
    let mut search = Search {
        places: Vec::new(),
        entries_left: ENTRIES_MAX,
        is_cut: false,
    };
    search.look_into(&root, "", 0);
    Ok((search.places, search.is_cut))
}

struct Search {
    places: Vec<String>,
    entries_left: usize,
    is_cut: bool,
}

impl Search {
    /// Looks into a folder. What cannot be read is passed over: nobody else here can read it either.
    fn look_into(&mut self, folder: &Dir, path: &str, depth: usize) {
        let Ok(entries) = folder.entries() else { return };
        let mut entries: Vec<(String, DirEntry)> = entries
            .take(self.entries_left)
            .filter_map(Result::ok)
            .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry))
            .collect();
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        for (name, entry) in entries {
            self.is_cut |= self.entries_left == 0 || self.places.len() >= PLACES_MAX;
            if self.is_cut {
                return;
            }
            self.entries_left = self.entries_left.saturating_sub(1);
            let path = format!("{path}{name}");
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() && depth < DEPTH_MAX && !PASSED_OVER.contains(&name.as_str()) {
                if let Ok(inner) = entry.open_dir() {
                    self.look_into(&inner, &format!("{path}/"), depth.saturating_add(1));
                }
            } else if kind.is_file() && is_suspect(&name) {
                self.read(&entry, &path);
            }
        }
    }

    fn read(&mut self, entry: &DirEntry, path: &str) {
        let Ok(file) = entry.open() else { return };
        let mut bytes = Vec::new();
        if file.take(FILE_BYTES_MAX).read_to_end(&mut bytes).is_err() {
            return;
        }
        for (index, line) in String::from_utf8_lossy(&bytes).lines().enumerate() {
            if self.places.len() < PLACES_MAX && (secret::holds_token(line) || is_assignment(line)) {
                self.places.push(format!("{path}:{}", index.saturating_add(1)));
            }
        }
    }
}

/// Whether files of that name usually hold secrets.
fn is_suspect(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let is_shown = SHOWN_ENDS.iter().any(|end| name.ends_with(end));
    !is_shown
        && (name.starts_with(VARIABLES) || NAMES.contains(&name.as_str()) || ENDS.iter().any(|end| name.ends_with(end)))
}

/// Whether a line gives a variable of a telling name a value that could be a secret.
fn is_assignment(line: &str) -> bool {
    let line = line.trim();
    let Some((name, value)) = line.split_once(['=', ':']).filter(|_| !line.starts_with(['#', ';'])) else {
        return false;
    };
    let name = name.to_ascii_lowercase().replace('-', "_");
    let value = value.trim().trim_matches(['"', '\'', ',']);
    let lower = value.to_ascii_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word))
        && value.len() >= VALUE_BYTES_MIN
        && !value.contains(char::is_whitespace)
        && !STAND_INS.iter().any(|stand_in| lower.contains(stand_in))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_found_by_name_and_line_and_stand_ins_are_not() {
        let dir = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let file = dir.path().join(path);
            std::fs::create_dir_all(file.parent().expect("a folder")).expect("folders");
            std::fs::write(file, text).expect("writes");
        };
        let token = format!("{}{}", "ghp_", "a1B2".repeat(9));
        write(
            ".env",
            &format!("DEBUG=1\nexport DB_PASSWORD=\"hunter2hunter2\"\nX={token}\n"),
        );
        write(".env.example", "DB_PASSWORD=hunter2hunter2\n");
        write(
            "a/b/.env.local",
            "API_KEY=${FROM_ELSEWHERE}\nAPI_KEY=<put it here>\n# API_KEY=12345678901\n",
        );
        write("a/b/key.pem", &format!("-----BEGIN {} KEY-----\n", "PRIVATE"));
        write("node_modules/.env", "DB_PASSWORD=hunter2hunter2\n");
        write("src/main.rs", "let password = \"hunter2hunter2\";\n");
        std::os::unix::fs::symlink(dir.path().join(".env"), dir.path().join("a/.env")).expect("links");
        let (found, is_cut) = places(dir.path()).expect("reads");
        assert_eq!(found, [".env:2", ".env:3", "a/b/key.pem:1"]);
        assert!(!is_cut);
    }
}
