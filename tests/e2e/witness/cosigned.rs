//! What a witness cosigned, and logs that are cut and forked afterwards.

use std::fs;

use assize_tests::snapshot::Snapshot;

use super::{Stranger, Witness, bed_of, checkpoint, cut, review, standing};

#[test]
fn a_witness_vouches_for_a_log_that_grows() {
    let bed = bed_of(3);
    review(&bed, "HEAD~2");
    let stranger = Stranger::of(&bed);
    let (one, other) = (Witness::start(&bed, "w1"), Witness::start(&bed, "w2"));
    let (code, said) = one.cosign(&bed);
    assert_eq!((code, said["answer"].as_str()), (0, Some("cosigned")), "{said}");
    review(&bed, "HEAD~1");
    for witness in [&one, &other, &one] {
        let (code, said) = witness.cosign(&bed);
        assert_eq!((code, said["answer"].as_str()), (0, Some("cosigned")), "{said}");
    }
    let (code, report) = stranger.verify(&bed.repository(), &[]);
    assert_eq!((code, standing(&report, "freshness")), (0, "not checkable"));
    let (code, report) = stranger.verify(&bed.repository(), &[&one.key, &other.key]);
    assert_eq!((code, standing(&report, "freshness")), (0, "proved"));
    let witnessed = report["logs"][0]["witnessed"].as_array().expect("witnesses").clone();
    assert_eq!(witnessed.len(), 2, "{witnessed:?}");
    for seen in &witnessed {
        assert_eq!(seen["size"], report["logs"][0]["entries"]);
    }
    // It goes with the other refs, and the log may grow on.
    review(&bed, "HEAD");
    let (code, report) = stranger.verify(&bed.repository(), &[&one.key]);
    assert_eq!((code, standing(&report, "freshness")), (0, "proved"));
}

#[test]
fn a_log_that_was_cut_is_refuted_before_strangers() {
    let bed = bed_of(2);
    review(&bed, "HEAD~1");
    let stranger = Stranger::of(&bed);
    let witness = Witness::start(&bed, "w1");
    assert_eq!(witness.cosign(&bed).0, 0);
    review(&bed, "HEAD");
    assert_eq!(witness.cosign(&bed).0, 0);
    cut(&bed.repository());
    // A prefix of a log is a log: nothing else could tell.
    assert_eq!(stranger.verify(&bed.repository(), &[]).0, 0);
    let (code, report) = stranger.verify(&bed.repository(), &[&witness.key]);
    assert_eq!((code, standing(&report, "freshness")), (1, "refuted"));
    assert!(report.to_string().contains("witness-ahead"), "{report}");
    // Another witness's key tells nothing of it.
    let other = Witness::start(&bed, "w2");
    assert_eq!(stranger.verify(&bed.repository(), &[&other.key]).0, 0);
    // The witness itself knows it too, also after it was killed.
    drop(witness);
    let witness = Witness::start(&bed, "w1");
    let (code, said) = witness.cosign(&bed);
    assert_eq!((code, said["answer"].as_str()), (1, Some("ahead")), "{said}");
}

/// A dishonest host puts its clone and its memory back, and signs something else in the same place.
#[test]
fn a_fork_becomes_a_proof_that_anybody_can_carry() {
    let bed = bed_of(3);
    review(&bed, "HEAD~2");
    let stranger = Stranger::of(&bed);
    let witness = Witness::start(&bed, "w1");
    let before = [Snapshot::of(&bed.repository()), Snapshot::of(&bed.home())];
    review(&bed, "HEAD~1");
    assert_eq!(witness.cosign(&bed).0, 0);
    let shown = bed.beside("shown");
    fs::write(&shown, checkpoint(&bed.repository())).expect("a file");
    for snapshot in &before {
        snapshot.restore();
    }
    let shown = shown.to_string_lossy().into_owned();
    // Until the other past is signed, the log here is only shorter.
    let _ = bed.assize(&["audit", "fork", &shown]).expect(3);
    review(&bed, "HEAD");
    let (code, said) = witness.cosign(&bed);
    assert_eq!((code, said["answer"].as_str()), (1, Some("forked")), "{said}");
    let here = said["fork"].as_str().expect("the proof is kept here too").to_owned();
    let proof = bed.beside("proof").to_string_lossy().into_owned();
    let _ = bed.assize(&["audit", "fork", &shown, "--out", &proof]).expect(0);
    let kept = fs::read_dir(witness.folder.join("logs")).expect("a folder");
    let kept = kept.map(|file| file.expect("a file").path());
    let kept = kept
        .into_iter()
        .find(|path| path.extension().is_some_and(|end| end == "fork"));
    let kept = kept.expect("the witness keeps a proof").to_string_lossy().into_owned();
    for proof in [&proof, &kept, &here] {
        let view = stranger.run(&["audit", "check-proof", proof]).expect(0).json();
        assert_eq!(
            (&view["of"], &view["standing"]),
            (&"fork".into(), &"proved".into()),
            "{view}"
        );
        assert_ne!(view["checkpoints"][0]["root"], view["checkpoints"][1]["root"]);
        let _ = stranger.bed.assize(&["audit", "check-proof", proof]).expect(3);
    }
    // The log's own newest checkpoint is no fork of it.
    fs::write(&shown, checkpoint(&bed.repository())).expect("a file");
    let _ = bed.assize(&["audit", "fork", &shown]).expect(1);
}

#[test]
fn what_is_no_witness_is_named() {
    let bed = bed_of(1);
    review(&bed, "HEAD");
    let witness = Witness::start(&bed, "w1");
    let ask = |url: &str, key: &str| bed.assize(&["audit", "witness", url, "--witness", key]);
    // A log's key, no key, an address that leads nowhere or in the clear to others.
    let log_key = bed.assize(&["audit", "witness"]).expect(0).stdout;
    let _ = ask(&witness.url, log_key.trim()).expect(2);
    let _ = ask(&witness.url, "junk").expect(2);
    let _ = ask("http://witness.example", &witness.key).expect(2);
    let _ = ask("http://127.0.0.1:1", &witness.key).expect(3);
    // Somebody else answers at the address.
    let other = Witness::start(&bed, "w2");
    let run = ask(&other.url, &witness.key).expect(3);
    assert!(run.stdout.contains("unreachable"), "{run:?}");
    // Nothing of all this was kept.
    let refs = git2::Repository::open(bed.repository()).expect("opens");
    assert_eq!(
        refs.references_glob("refs/assize/v1/witness/*").expect("refs").count(),
        0
    );
    // One witness is one process.
    let list = bed.beside("logs-of-witnesses").to_string_lossy().into_owned();
    let folder = witness.folder.to_string_lossy().into_owned();
    let second = bed.assize(&[
        "witness",
        "--logs",
        &list,
        "--folder",
        &folder,
        "--listen",
        "127.0.0.1:0",
    ]);
    let second = second.expect(2);
    assert!(second.stderr.contains("another process"), "{second:?}");
}
