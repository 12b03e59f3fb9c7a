//! Requests as guests write them, with placeholders for secrets in any place.

use std::collections::BTreeMap;
use std::time::Duration;

use assize::egress::target::Target;
use assize::egress::{Bounds, Prepared, Request, Rules};
use assize::policy::http::HttpGrant;
use assize::policy::place::Place;
use assize::policy::secrets::{SecretGrant, SecretPlace};
use assize::secret::{Secrets, Value};

/// The only origin that the secret may be sent to, and another that requests may be sent to.
const ORIGIN: &str = "https://a.example";
const OTHER: &str = "https://b.example";
/// The secret, and its name.
const VALUE: &str = "the+value of a \"secret\"";
const NAME: &str = "it";

/// Takes the first line as the method, the second as the address, the next ones as headers, and what follows an empty line as
/// the body.
///
/// # Panics
///
/// When a promise is broken.
pub fn fill(bytes: &[u8]) {
    let (head, body) = match bytes.windows(2).position(|pair| pair == b"\n\n") {
        Some(end) => bytes.split_at(end),
        None => (bytes, [].as_slice()),
    };
    let Ok(head) = std::str::from_utf8(head) else { return };
    let mut lines = head.split('\n');
    let method = lines.next().unwrap_or_default().to_owned();
    let url = lines.next().unwrap_or_default().to_owned();
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or((line, ""));
        (name.to_owned(), value.as_bytes().to_vec())
    };
    let request = Request {
        method,
        url: url.clone(),
        headers: lines.map(header).collect(),
        body: body.get(2..).unwrap_or_default().to_vec(),
    };
    let secrets = Secrets::new(BTreeMap::from([(NAME.to_owned(), Value::new(VALUE.to_owned()))]));
    let told = match Prepared::check(&rules(), bounds(), &secrets, request) {
        Ok(prepared) => {
            let names = prepared.as_use().secrets;
            let sent = prepared.target().path_and_query();
            assert!(
                names.is_empty() || prepared.target().origin() == ORIGIN,
                "{NAME} went to {}",
                prepared.target()
            );
            // What has nothing to fill in is sent as it was written.
            if !names.iter().any(|name| name == NAME) {
                let parsed = Target::parse(&url).expect("it was taken");
                assert_eq!(parsed.path_and_query(), sent);
            }
            format!("{prepared:?} {:?}", prepared.as_use())
        }
        Err(refused) => format!("{refused:?}"),
    };
    for form in [VALUE, "the%2Bvalue", "the+value of", "the+value+of"] {
        assert!(!told.contains(form), "the secret is told: {told}");
    }
}

fn rules() -> Rules {
    let place = || Place {
        role: "a".to_owned(),
        item: String::new(),
        line: 1,
    };
    let requests = [ORIGIN, OTHER].map(|origin| HttpGrant {
        origin: origin.to_owned(),
        methods: vec!["GET", "POST"],
        path_prefix: "/open".to_owned(),
        networks: Vec::new(),
        place: place(),
    });
    let targets = [
        SecretPlace::Header("authorization".to_owned()),
        SecretPlace::Query("key".to_owned()),
        SecretPlace::Field("token".to_owned()),
    ];
    let secrets = targets.map(|target| SecretGrant {
        name: NAME.to_owned(),
        origin: ORIGIN.to_owned(),
        target,
        place: place(),
    });
    Rules::own(requests.to_vec(), secrets.to_vec())
}

fn bounds() -> Bounds {
    Bounds {
        time: Duration::from_secs(1),
        request_bytes: 16 << 10,
        response_bytes: 16 << 10,
    }
}
