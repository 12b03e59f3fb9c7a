//! Misdeeds with files.

use std::fs::{self, File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::fs::symlink;
use std::process::{Command, Stdio};

use super::Told;

/// Reads each file by its name, through a link, and by another name.
pub(super) fn read(words: &[String]) -> Told {
    let mut told = Told::default();
    for path in words {
        told.tried(format!("read {path}"), first_bytes(path));
        let link = format!("link-{}", words.len());
        if symlink(path, &link).is_ok() {
            told.tried(format!("read {path} through a link"), first_bytes(&link));
            let _ = fs::remove_file(&link);
        }
        told.tried(format!("copy {path}"), fs::copy(path, "copy"));
    }
    told
}

fn first_bytes(path: &str) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Writes, cuts, removes and renames each file, and makes one beside it.
pub(super) fn write(words: &[String]) -> Told {
    let mut told = Told::default();
    for path in words {
        let open = |options: &mut OpenOptions| options.open(path).and_then(|mut file| file.write_all(b"misdeed\n"));
        told.tried(
            format!("write {path}"),
            open(OpenOptions::new().write(true).create(true).truncate(true)),
        );
        told.tried(format!("append to {path}"), open(OpenOptions::new().append(true)));
        told.tried(format!("cut {path}"), rustix_cut(path));
        told.tried(
            format!("make {path}-new"),
            fs::write(format!("{path}-new"), "misdeed\n"),
        );
        told.tried(format!("make folder {path}-dir"), fs::create_dir(format!("{path}-dir")));
        told.tried(format!("rename {path}"), fs::rename(path, format!("{path}-moved")));
        told.tried(format!("remove {path}"), fs::remove_file(path));
    }
    told
}

fn rustix_cut(path: &str) -> std::io::Result<()> {
    OpenOptions::new().write(true).open(path)?.set_len(0)
}

/// Takes each file into the own folder under another name.
pub(super) fn link(words: &[String]) -> Told {
    let mut told = Told::default();
    for path in words {
        told.tried(format!("link {path}"), fs::hard_link(path, "taken"));
        told.tried(format!("move {path}"), fs::rename(path, "taken"));
        told.tried(format!("move to {path}"), fs::rename("copy", path));
    }
    told
}

/// Lists each folder.
pub(super) fn list(words: &[String]) -> Told {
    let mut told = Told::default();
    for path in words {
        told.tried(format!("list {path}"), fs::read_dir(path).map(Iterator::count));
    }
    told
}

/// Plants a repository in the folder it stands in, whose hook somebody else would run.
pub(super) fn plant(words: &[String]) -> Told {
    let mut told = Told::default();
    for name in words {
        let planted = fs::create_dir_all(format!("{name}/hooks"))
            .and_then(|()| fs::write(format!("{name}/config"), "[core]\n\tfsmonitor = \"touch stolen\"\n"))
            .and_then(|()| fs::write(format!("{name}/hooks/pre-commit"), "#!/bin/sh\ntouch stolen\n"));
        told.tried(format!("plant {name}"), planted);
    }
    told
}

/// Reads from every descriptor that it could have been left with.
pub(super) fn descriptors(_: &[String]) -> Told {
    let mut told = Told::default();
    for number in 3..256 {
        // A shell is what opens a descriptor by its number without unsafe code.
        let came = Command::new("/bin/sh")
            .arg("-c")
            .arg(format!("exec 2>/dev/null; read line <&{number} && echo \"$line\""))
            .stdin(Stdio::null())
            .output();
        if let Ok(output) = came
            && !output.stdout.is_empty()
        {
            told.saw(format!("descriptor {number}: done"));
        }
    }
    told.saw("descriptors looked through");
    told
}
