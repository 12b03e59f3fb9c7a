//! Witnesses that are elected for a clone and asked after every seal: one away, one lying, one slow, one that saw another past.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use assize_tests::bed::{Bed, Run};
use assize_tests::snapshot::Snapshot;
use serde_json::Value;

use super::{Stranger, Witness, bed_of, cut, review, standing};

fn elect(bed: &Bed, url: &str, key: &str) {
    let _ = bed.assize(&["audit", "witness", "add", url, key]).expect(0);
}

/// Reviews a change and wants it witnessed within some seconds.
fn wanting(bed: &Bed, revision: &str, seconds: &str) -> Run {
    let wanted = [
        "--durability",
        "witnessed",
        "--witness-wait",
        seconds,
        "--format",
        "json",
    ];
    bed.assize(&[["review", revision].as_slice(), &wanted].concat())
}

fn durability(run: &Run) -> Value {
    run.json()["entry"]["durability"].clone()
}

/// What a server on this machine sends back to whoever connects; nothing at all for `None`.
fn stranger_at(answer: Option<&'static str>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    drop(thread::spawn(move || {
        let mut held = Vec::new();
        for mut stream in listener.incoming().flatten() {
            if let Some(answer) = answer {
                let mut request = [0; 64 << 10];
                let _ = stream.read(&mut request);
                let _ = stream.write_all(answer.as_bytes());
            } else {
                held.push(stream);
            }
        }
    }));
    url
}

/// The key of a witness that never was: a real one, whose process is gone.
fn key_of(bed: &Bed, name: &str) -> String {
    Witness::start(bed, name).key.clone()
}

#[test]
fn an_entry_is_told_to_be_durable_sealed_or_witnessed() {
    let bed = bed_of(4);
    let durable = bed
        .assize(&["review", "HEAD~3", "--durability", "durable", "--format", "json"])
        .expect(0);
    assert_eq!(
        (&durable.json()["entry"]["commit"], &durability(&durable)["reached"]),
        (&Value::Null, &"durable".into())
    );
    let id = durable.json()["entry"]["id"].as_str().expect("an id").to_owned();
    let level = |id: &str| {
        let list = bed.assize(&["audit", "log", "--format", "json"]).expect(0).json();
        let entries = list["entries"].as_array().expect("entries").clone();
        let found = entries.into_iter().find(|entry| entry["id"] == id).expect("the entry");
        found["durability"].as_str().expect("a level").to_owned()
    };
    assert_eq!(level(&id), "durable");
    assert!(bed.assize(&["audit", "log"]).expect(0).stdout.contains("(durable)"));
    // Whoever seals next seals it too.
    review(&bed, "HEAD~2");
    assert_eq!(level(&id), "sealed");
    // Nothing can be witnessed where nobody is elected, and then nothing is judged either.
    let refused = wanting(&bed, "HEAD~1", "1").expect(2);
    assert!(refused.stderr.contains("audit witness add"), "{refused:?}");
    let witness = Witness::start(&bed, "w1");
    elect(&bed, &witness.url, &witness.key);
    let run = wanting(&bed, "HEAD~1", "60").expect(0);
    assert_eq!(durability(&run)["reached"], "witnessed", "{run:?}");
    // The newest state holds all that came before.
    assert_eq!(level(&id), "witnessed");
    let shown = bed.assize(&["audit", "show", &id]).expect(0).stdout;
    assert!(shown.contains("witnessed"), "{shown}");
    let said = bed.assize(&["review", "HEAD"]).expect(0).stdout;
    assert!(said.contains("witnessed: 1 vouches"), "{said}");
    // Whom this clone elected, it trusts: what they cosigned, the log must still hold.
    cut(&bed.repository());
    let refuted = bed.assize(&["audit", "verify"]).expect(1).stdout;
    assert!(refuted.contains("witness-ahead"), "{refuted}");
}

#[test]
fn witnesses_that_are_away_slow_or_lying_cost_time_and_nothing_else() {
    let bed = bed_of(3);
    review(&bed, "HEAD~2");
    let [away, slow, liar] = ["away", "slow", "liar"].map(|name| key_of(&bed, name));
    let good = Witness::start(&bed, "good");
    let lie = "HTTP/1.1 200 OK\r\ncontent-length: 25\r\nconnection: close\r\n\r\n\u{2014} witness.example/liar A\n";
    elect(&bed, "http://127.0.0.1:1", &away);
    elect(&bed, &stranger_at(None), &slow);
    elect(&bed, &stranger_at(Some(lie)), &liar);
    let since = Instant::now();
    let run = bed.assize(&["review", "HEAD~1", "--format", "json"]).expect(0);
    assert!(since.elapsed() < Duration::from_secs(60), "{:?}", since.elapsed());
    let said = durability(&run);
    assert_eq!(
        (&said["reached"], &said["vouching"]),
        (&"sealed".into(), &0.into()),
        "{said}"
    );
    let answers = said["witnesses"].as_array().expect("answers");
    assert!(
        answers.len() == 3 && answers.iter().all(|one| one["answer"] == "unreachable"),
        "{said}"
    );
    // Wanted and not got: the entry stays, and the exit code says so.
    let unwitnessed = wanting(&bed, "HEAD", "2").expect(75);
    assert_eq!(unwitnessed.json()["verdict"], "approved");
    let _ = bed.assize(&["audit", "check", "HEAD"]).expect(0);
    // One that answers is enough where one is asked for.
    elect(&bed, &good.url, &good.key);
    let _ = bed.assize(&["audit", "witness", "quorum", "5"]).expect(2);
    let _ = bed.assize(&["audit", "witness", "quorum", "1"]).expect(0);
    let run = wanting(&bed, "HEAD", "60").expect(0);
    assert_eq!(durability(&run)["reached"], "witnessed");
    let asked = bed.assize(&["audit", "witness", "ask"]).expect(3).stdout;
    assert!(asked.contains("cosigned by witness.example/good"), "{asked}");
    // A stranger who wants two of them has one.
    let stranger = Stranger::of(&bed);
    let place = bed.repository().to_string_lossy().into_owned();
    let verify = |quorum: &str| {
        let keys = ["--witness", &good.key, "--witness", &slow, "--quorum", quorum];
        stranger.run(&[["audit", "verify", "-C", &place].as_slice(), &keys].concat())
    };
    let met = verify("1").expect(0).json();
    assert_eq!(standing(&met, "freshness"), "proved");
    let missed = verify("2").expect(3).json();
    assert_eq!(standing(&missed, "freshness"), "not checkable");
    assert!(missed.to_string().contains("1 of 2 trusted witnesses"), "{missed}");
    let _ = verify("3").expect(2);
    for name in ["away", "slow", "liar", "good"] {
        let _ = bed
            .assize(&["audit", "witness", "remove", &format!("witness.example/{name}")])
            .expect(0);
    }
    let listed = bed
        .assize(&["audit", "witness", "list", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(listed["witnesses"].as_array().map(Vec::len), Some(0), "{listed}");
}

/// A host puts its clone and its memory back, and signs something else in the same place.
#[test]
fn a_witness_that_saw_another_past_proves_it() {
    let bed = bed_of(3);
    review(&bed, "HEAD~2");
    let stranger = Stranger::of(&bed);
    let witness = Witness::start(&bed, "w1");
    elect(&bed, &witness.url, &witness.key);
    let before = [Snapshot::of(&bed.repository()), Snapshot::of(&bed.home())];
    let _ = wanting(&bed, "HEAD~1", "60").expect(0);
    for snapshot in &before {
        snapshot.restore();
    }
    let run = wanting(&bed, "HEAD", "60").expect(75);
    let said = durability(&run)["witnesses"][0].clone();
    assert_eq!(said["answer"], "forked", "{said}");
    let proof = said["fork"].as_str().expect("a file");
    let view = stranger.run(&["audit", "check-proof", proof]).expect(0).json();
    assert_eq!(
        (&view["of"], &view["standing"]),
        (&"fork".into(), &"proved".into()),
        "{view}"
    );
}
