//! Strangers at a witness's door: whatever they send, it answers or hangs up, and serves the next.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::{Witness, bed_of, review};

/// Sends bytes as they are, and returns what comes back until the other side ends it or says nothing more.
fn talk(witness: &Witness, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(witness.address()).expect("connects");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    // It may have hung up before everything was sent.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        answer.extend_from_slice(&buffer[..read]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

fn request(method: &str, path: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: witness\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

#[test]
fn whatever_is_sent_the_next_one_is_served() {
    let bed = bed_of(1);
    review(&bed, "HEAD");
    let witness = Witness::start(&bed, "w1");
    let status = |bytes: &[u8]| -> String {
        let answer = talk(&witness, bytes);
        answer.split(' ').nth(1).unwrap_or_default().to_owned()
    };
    let add = "/add-checkpoint";
    assert_eq!(status(&request("GET", add, b"")), "405");
    assert_eq!(status(&request("POST", "/", b"")), "404");
    assert_eq!(status(&request("POST", "/add-checkpoint/../key", b"")), "404");
    assert_eq!(status(&request("POST", add, b"")), "400");
    assert_eq!(status(&request("POST", add, b"old 0\n\njunk\n")), "400");
    assert_eq!(status(&request("POST", add, &[0xff; 1000])), "400");
    // It hangs up before all of it came, so the answer may be lost on the way.
    let flood = status(&request("POST", add, &vec![b'a'; 1 << 20]));
    assert!(["413", ""].contains(&flood.as_str()), "{flood}");
    let unknown = "old 0\n\nexample.com/log\n1\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n\n\
                   \u{2014} example.com/log AAAAAAA=\n";
    assert_eq!(status(&request("POST", add, unknown.as_bytes())), "404");
    // Heads without an end, too many headers, other protocols, half a request.
    for bytes in [
        b"junk\r\n\r\n".to_vec(),
        [
            b"GET / HTTP/1.1\r\n".to_vec(),
            b"x: y\r\n".repeat(1000),
            b"\r\n".to_vec(),
        ]
        .concat(),
        [b"GET /".to_vec(), vec![b'a'; 100_000]].concat(),
        vec![0x16, 0x03, 0x01, 0x02, 0x00, 0x01],
        b"POST /add-checkpoint HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n".to_vec(),
    ] {
        assert!(!talk(&witness, &bytes).starts_with("HTTP/1.1 2"));
    }
    let idle: Vec<TcpStream> = (0..40)
        .map(|_| TcpStream::connect(witness.address()).expect("connects"))
        .collect();
    let (code, said) = witness.cosign(&bed);
    assert_eq!((code, said["answer"].as_str()), (0, Some("cosigned")), "{said}");
    drop(idle);
    // The size that it has seen comes as the specification says.
    let log_key = bed.assize(&["audit", "witness"]).expect(0).stdout;
    assert!(log_key.starts_with("assize/"), "{log_key}");
    let note = String::from_utf8(super::checkpoint(&bed.repository())).expect("text");
    let answer = talk(&witness, &request("POST", add, format!("old 0\n\n{note}").as_bytes()));
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    assert!(
        head.starts_with("HTTP/1.1 409") && head.contains("content-type: text/x.tlog.size"),
        "{head}"
    );
    assert_eq!(body, format!("{}\n", note.lines().nth(1).expect("a size")));
    let bent = note.replacen("\n\u{2014} assize/", "\n\u{2014} other/", 1);
    let answer = talk(&witness, &request("POST", add, format!("old 0\n\n{bent}").as_bytes()));
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
}
