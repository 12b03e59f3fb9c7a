//! Requests with placeholders of secrets, in every place where one could stand.

use std::collections::BTreeMap;
use std::time::Duration;

use assize::egress::{Bounds, Prepared, Request, Rules};
use assize::policy::http::{HttpGrant, METHODS};
use assize::policy::place::Place;
use assize::policy::secrets::{SecretGrant, SecretPlace};
use assize::secret::{Secrets, Value};

const ORIGIN: &str = "https://a.example";
/// A value that no input contains by chance.
const VALUE: &str = "v4lue&\"of=the s3cret";

fn place() -> Place {
    Place {
        role: "r".to_owned(),
        item: "i".to_owned(),
        line: 1,
    }
}

fn rules() -> Rules {
    let request = HttpGrant {
        origin: ORIGIN.to_owned(),
        methods: METHODS.to_vec(),
        path_prefix: "/".to_owned(),
        networks: Vec::new(),
        place: place(),
    };
    let places = [
        SecretPlace::Header("x-token".to_owned()),
        SecretPlace::Query("key".to_owned()),
        SecretPlace::Field("auth.token".to_owned()),
    ];
    let secrets = places.map(|target| SecretGrant {
        name: "token".to_owned(),
        origin: ORIGIN.to_owned(),
        target,
        place: place(),
    });
    Rules::own(vec![request], secrets.to_vec())
}

/// Takes lines: the path with its query, a header's name, its value, the media type; and the rest as the body.
///
/// # Panics
///
/// When a promise is broken.
pub fn request(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(5, '\n');
    let mut line = || lines.next().unwrap_or_default().to_owned();
    let (path, name, value, media_type, body) = (line(), line(), line(), line(), line());
    let request = Request {
        method: "POST".to_owned(),
        url: format!("{ORIGIN}/{path}"),
        headers: vec![
            (name, value.into_bytes()),
            ("content-type".to_owned(), media_type.into_bytes()),
        ],
        body: body.into_bytes(),
    };
    let bounds = Bounds {
        time: Duration::from_secs(1),
        request_bytes: 1 << 20,
        response_bytes: 1 << 20,
    };
    let secrets = Secrets::new(BTreeMap::from([("token".to_owned(), Value::new(VALUE.to_owned()))]));
    let told = match Prepared::check(&rules(), bounds, &secrets, request) {
        Ok(prepared) => {
            let done = prepared.as_use();
            assert!(done.secrets.iter().all(|name| name == "token"), "{done:?}");
            assert_eq!(done.origin, ORIGIN);
            format!("{prepared:?} {done:?}")
        }
        Err(refused) => format!("{refused:?} {refused}"),
    };
    assert!(!told.contains("s3cret"), "{told}");
}
