//! Packs and refs, read back by git.

use std::fs;

use assize_provenance::reader::{ObjectId, ObjectKind, ObjectReader as _};

use super::{Bed, LOG};
use crate::repository::WriteError;

#[test]
fn packs_are_written_whole_and_read_by_git() {
    let Some(bed) = Bed::new() else { return };
    bed.commit("a", "1\n");
    let repository = bed.open("work").unwrap();
    let objects: Vec<_> = (0..100)
        .map(|number| {
            (
                ObjectKind::Blob,
                format!("{}\n{number}\n", "line\n".repeat(100)).into_bytes(),
            )
        })
        .collect();
    let ids = repository.write_pack(&objects).unwrap();
    for (id, (kind, bytes)) in ids.iter().zip(&objects) {
        let read = repository.objects().object(id, 1 << 20).unwrap().unwrap();
        assert_eq!((read.kind, &read.bytes), (*kind, bytes));
        assert_eq!(bed.git("work", &["cat-file", "-t", &id.to_string()]), "blob");
    }
    bed.git("work", &["fsck", "--strict"]);
    let hex = ids[0].to_string();
    assert!(!bed.path("work/.git/objects").join(&hex[..2]).join(&hex[2..]).exists());
    for entry in fs::read_dir(bed.path("work/.git/objects/pack")).unwrap() {
        let entry = entry.unwrap();
        assert!(
            entry.metadata().unwrap().permissions().readonly(),
            "{:?}",
            entry.file_name()
        );
        assert!(
            entry.file_name().to_string_lossy().starts_with("pack-"),
            "{:?}",
            entry.file_name()
        );
    }
    assert_eq!(repository.write_pack(&objects).unwrap(), ids);
    assert_eq!(repository.write_pack(&[]).unwrap(), []);
}

#[test]
fn a_pack_reads_no_configuration() {
    let Some(bed) = Bed::new() else { return };
    fs::write(bed.path("work/.git/config"), "[pack\nbroken").unwrap();
    let repository = bed.open("work").unwrap();
    repository.write_pack(&[(ObjectKind::Blob, b"x".to_vec())]).unwrap();
}

#[test]
fn a_ref_moves_only_from_where_it_was() {
    let Some(bed) = Bed::new() else { return };
    let one = bed.commit("a", "1\n");
    let two = bed.commit("a", "2\n");
    let repository = bed.open("work").unwrap();
    repository.update_ref(LOG, None, one).unwrap();
    assert_eq!(bed.id(LOG), one);
    assert!(matches!(
        repository.update_ref(LOG, None, two),
        Err(WriteError::Moved { found: Some(_), .. })
    ));
    assert!(matches!(
        repository.update_ref(LOG, Some(two), one),
        Err(WriteError::Moved { .. })
    ));
    bed.git("work", &["pack-refs", "--all"]);
    assert!(!bed.path("work/.git").join(LOG).exists());
    assert!(matches!(
        repository.update_ref(LOG, None, two),
        Err(WriteError::Moved { .. })
    ));
    repository.update_ref(LOG, Some(one), two).unwrap();
    assert_eq!(bed.id(LOG), two);
    assert!(!bed.path("work/.git").join(format!("{LOG}.lock")).exists());
}

#[test]
fn a_ref_is_not_written_past_a_lock_a_link_or_another_ref() {
    let Some(bed) = Bed::new() else { return };
    let one = bed.commit("a", "1\n");
    let repository = bed.open("work").unwrap();
    let update = |name: &str| repository.update_ref(name, None, one);
    let lock = bed.path("work/.git/refs/assize/v1/log/0a.lock");
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    fs::write(&lock, "").unwrap();
    assert!(matches!(update(LOG), Err(WriteError::Locked(path)) if path == lock));
    fs::remove_file(&lock).unwrap();
    update(LOG).unwrap();
    assert!(matches!(
        update(&format!("{LOG}/deeper")),
        Err(WriteError::InTheWay { .. })
    ));
    bed.git("work", &["pack-refs", "--all"]);
    fs::remove_dir_all(bed.path("work/.git/refs/assize")).unwrap();
    assert!(matches!(
        update(&format!("{LOG}/deeper")),
        Err(WriteError::InTheWay { .. })
    ));
    assert!(matches!(update("refs/assize/v1/log"), Err(WriteError::InTheWay { .. })));
    fs::remove_dir_all(bed.path("work/.git/refs/assize")).unwrap();
    std::os::unix::fs::symlink(bed.path("work"), bed.path("work/.git/refs/assize")).unwrap();
    assert!(matches!(update("refs/assize/v1/log/0b"), Err(WriteError::Link(_))));
    for name in [
        "HEAD",
        "refs/../config",
        "refs/heads/a.lock",
        "/refs/heads/a",
        "refs/heads/",
    ] {
        assert!(matches!(update(name), Err(WriteError::Name(_))), "{name}");
    }
}

#[test]
fn of_many_writers_at_once_each_step_has_one() {
    let Some(bed) = Bed::new() else { return };
    let start = bed.commit("a", "1\n");
    let repository = bed.open("work").unwrap();
    repository.update_ref(LOG, None, start).unwrap();
    let next = |number: u8| ObjectId::from_bytes([number; 20]);
    let won = |number: u8| repository.update_ref(LOG, Some(start), next(number)).is_ok();
    let winners: Vec<u8> = std::thread::scope(|scope| {
        let writers: Vec<_> = (1..=8)
            .map(|number| (number, scope.spawn(move || won(number))))
            .collect();
        writers
            .into_iter()
            .filter_map(|(number, writer)| writer.join().unwrap().then_some(number))
            .collect()
    });
    assert_eq!(winners.len(), 1);
    let now = repository.objects().refs(LOG).unwrap();
    assert_eq!(now, [(LOG.to_owned(), next(winners[0]))]);
}

#[test]
fn a_lock_that_a_killed_process_left_is_taken_over_and_one_of_git_is_not() {
    let Some(bed) = Bed::new() else { return };
    let one = bed.commit("a", "1\n");
    let repository = bed.open("work").unwrap();
    let lock = bed.path("work/.git").join(format!("{LOG}.lock"));
    let value = bed.path("work/.git").join(format!("{LOG}.value.lock"));
    fs::create_dir_all(lock.parent().unwrap()).unwrap();
    fs::write(&lock, "assize\n").unwrap();
    fs::write(&value, "half of a val").unwrap();
    repository.update_ref(LOG, None, one).unwrap();
    assert!(!lock.exists() && !value.exists());
    for contents in ["", "0123456789abcdef0123456789abcdef01234567\n"] {
        fs::write(&lock, contents).unwrap();
        assert!(matches!(
            repository.update_ref(LOG, Some(one), one),
            Err(WriteError::Locked(_))
        ));
        fs::remove_file(&lock).unwrap();
    }
    // A holder that lives keeps it.
    fs::write(&lock, "assize\n").unwrap();
    let holder = fs::File::open(&lock).unwrap();
    holder.lock().unwrap();
    assert!(matches!(
        repository.update_ref(LOG, Some(one), one),
        Err(WriteError::Locked(_))
    ));
    drop(holder);
    repository.update_ref(LOG, Some(one), one).unwrap();
}
