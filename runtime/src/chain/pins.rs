//! Which roots of trust this user pinned, in which clone, and the newest version that was seen of each.
//!
//! One small file a pin, `$ASSIZE_HOME/seen/root/PIN.json`. What was seen of a pinned root counts in every clone, whether the pin
//! stands there or comes with a command: who has seen a version takes no older one for the newest.

use std::io;
use std::path::PathBuf;

use assize_provenance::digest::Digest;
use assize_provenance::verify::SeenRoot;
use serde::{Deserialize, Serialize};

use super::seen::{Place, SeenFault};
use crate::durable;

/// The longest file that is read back, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// How many pins are looked through at most.
const PINS_MAX: usize = 10_000;
/// How many clones may have one pin; those that were pinned first are forgotten first.
const PLACES_MAX: usize = 256;

/// The folder of pins.
#[derive(Debug, Clone)]
pub struct Pins {
    dir: PathBuf,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    v: u32,
    pin: String,
    /// The newest version that was seen, and its digest.
    newest: Option<StoredVersion>,
    /// The clones that go by this pin, last pinned first.
    places: Vec<Place>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct StoredVersion {
    version: u64,
    digest: String,
}

impl Pins {
    /// The pins in the memory of what was seen; the folder may be missing.
    #[must_use]
    pub fn in_seen(seen: &std::path::Path) -> Self {
        Self { dir: seen.join("root") }
    }

    /// The pin by which a clone goes.
    ///
    /// # Errors
    ///
    /// [`SeenFault`] when a pin cannot be read: it might be this clone's.
    pub fn of(&self, place: &Place) -> Result<Option<Digest>, SeenFault> {
        let found = self
            .all()?
            .into_iter()
            .find(|(_, stored)| stored.places.contains(place));
        Ok(found.map(|(pin, _)| pin))
    }

    /// The newest version that was seen of a pinned root.
    ///
    /// # Errors
    ///
    /// [`SeenFault`] when the memory cannot be read.
    pub fn newest(&self, pin: Digest) -> Result<Option<SeenRoot>, SeenFault> {
        let Some(StoredVersion { version, digest }) = self.load(pin)?.and_then(|stored| stored.newest) else {
            return Ok(None);
        };
        let digest = digest.parse().map_err(|_| self.unreadable(pin, "a digest is none"))?;
        Ok(Some(SeenRoot { version, digest }))
    }

    /// Lets a clone go by a pin from now on, and by no other.
    ///
    /// # Errors
    ///
    /// [`SeenFault`] when it cannot be stored durably.
    pub fn pin(&self, pin: Digest, place: &Place) -> Result<(), SeenFault> {
        let _lock = self.lock()?;
        for (other, mut stored) in self.all()? {
            if other != pin && stored.places.contains(place) {
                stored.places.retain(|one| one != place);
                self.store(other, &stored)?;
            }
        }
        let mut stored = self.load(pin)?.unwrap_or_else(|| blank(pin));
        stored.places.retain(|one| one != place);
        stored.places.insert(0, place.clone());
        stored.places.truncate(PLACES_MAX);
        self.store(pin, &stored)
    }

    /// Remembers a version of a pinned root, unless a newer one is remembered.
    ///
    /// # Errors
    ///
    /// [`SeenFault`] when it cannot be stored durably.
    pub fn remember(&self, pin: Digest, seen: SeenRoot) -> Result<(), SeenFault> {
        if self.newest(pin)?.is_some_and(|known| known.version >= seen.version) {
            return Ok(());
        }
        let _lock = self.lock()?;
        let mut stored = self.load(pin)?.unwrap_or_else(|| blank(pin));
        if stored.newest.as_ref().is_none_or(|known| known.version < seen.version) {
            stored.newest = Some(StoredVersion {
                version: seen.version,
                digest: seen.digest.to_string(),
            });
            self.store(pin, &stored)?;
        }
        Ok(())
    }

    fn all(&self) -> Result<Vec<(Digest, Stored)>, SeenFault> {
        let mut all = Vec::new();
        let listing = match std::fs::read_dir(&self.dir) {
            Ok(listing) => listing,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(all),
            Err(error) => return Err(self.io(error)),
        };
        for file in listing.take(PINS_MAX) {
            let name = file.map_err(|error| self.io(error))?.file_name();
            let pin = name.to_str().and_then(|name| name.strip_suffix(".json")?.parse().ok());
            let Some(pin) = pin else { continue };
            if let Some(stored) = self.load(pin)? {
                all.push((pin, stored));
            }
        }
        Ok(all)
    }

    fn load(&self, pin: Digest) -> Result<Option<Stored>, SeenFault> {
        let path = self.path(pin);
        let bytes = durable::read(&path, FILE_BYTES_MAX).map_err(|source| SeenFault::Io { path, source })?;
        let Some(bytes) = bytes else { return Ok(None) };
        let stored: Stored =
            serde_json::from_slice(&bytes).map_err(|error| self.unreadable(pin, &error.to_string()))?;
        if stored.v != 1 || stored.pin != pin.to_string() {
            return Err(self.unreadable(pin, "it is of another version or of another root"));
        }
        Ok(Some(stored))
    }

    fn store(&self, pin: Digest, stored: &Stored) -> Result<(), SeenFault> {
        let text = serde_json::to_vec_pretty(stored).map_err(|error| self.io(io::Error::other(error)))?;
        let path = self.path(pin);
        durable::replace(&path, &text).map_err(|source| SeenFault::Io { path, source })
    }

    fn lock(&self) -> Result<std::fs::File, SeenFault> {
        durable::private_dir(&self.dir).map_err(|error| self.io(error))?;
        durable::lock(&self.dir.join("lock")).map_err(|error| self.io(error))
    }

    fn path(&self, pin: Digest) -> PathBuf {
        self.dir.join(format!("{pin}.json"))
    }

    fn io(&self, source: io::Error) -> SeenFault {
        SeenFault::Io {
            path: self.dir.clone(),
            source,
        }
    }

    fn unreadable(&self, pin: Digest, reason: &str) -> SeenFault {
        SeenFault::Unreadable {
            path: self.path(pin),
            reason: reason.to_owned(),
        }
    }
}

fn blank(pin: Digest) -> Stored {
    Stored {
        v: 1,
        pin: pin.to_string(),
        newest: None,
        places: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(version: u64) -> SeenRoot {
        SeenRoot {
            version,
            digest: Digest::of(&version.to_be_bytes()),
        }
    }

    #[test]
    fn a_clone_goes_by_one_pin_and_versions_only_rise() {
        let home = tempfile::tempdir().expect("a folder");
        let clones = [
            tempfile::tempdir().expect("a folder"),
            tempfile::tempdir().expect("a folder"),
        ];
        let [one, two] = clones.each_ref().map(|clone| Place::of(clone.path()).expect("exists"));
        let pins = Pins::in_seen(home.path());
        let (first, second) = (Digest::of(b"first"), Digest::of(b"second"));
        assert_eq!(pins.of(&one).expect("read"), None);
        pins.pin(first, &one).expect("stored");
        pins.pin(first, &two).expect("stored");
        pins.pin(second, &two).expect("stored");
        assert_eq!(pins.of(&one).expect("read"), Some(first));
        assert_eq!(pins.of(&two).expect("read"), Some(second));
        for version in [2, 5, 3] {
            pins.remember(first, seen(version)).expect("stored");
        }
        assert_eq!(pins.newest(first).expect("read"), Some(seen(5)));
        assert_eq!(pins.newest(second).expect("read"), None);
        pins.pin(first, &two).expect("stored");
        assert_eq!(
            pins.newest(first).expect("read"),
            Some(seen(5)),
            "pinning forgets nothing"
        );
    }

    #[test]
    fn a_damaged_pin_is_an_error_and_not_a_blank_page() {
        let home = tempfile::tempdir().expect("a folder");
        let place = Place::of(home.path()).expect("exists");
        let pins = Pins::in_seen(home.path());
        let pin = Digest::of(b"pin");
        pins.pin(pin, &place).expect("stored");
        std::fs::write(pins.path(pin), "{\"v\":1").expect("writes");
        assert!(matches!(pins.of(&place), Err(SeenFault::Unreadable { .. })));
        assert!(matches!(pins.newest(pin), Err(SeenFault::Unreadable { .. })));
    }
}
