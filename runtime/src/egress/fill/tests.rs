use std::collections::BTreeMap;

use super::*;
use crate::policy::http::HttpGrant;
use crate::policy::place::Place;
use crate::policy::secrets::SecretGrant;
use crate::secret::Value;

const ORIGIN: &str = "https://a.example";

fn place() -> Place {
    Place {
        role: "r".into(),
        item: "i".into(),
        line: 1,
    }
}

fn rules() -> Rules {
    let secret = |name: &str, origin: &str, target: SecretPlace| SecretGrant {
        name: name.into(),
        origin: origin.into(),
        target,
        place: place(),
    };
    let request = HttpGrant {
        origin: ORIGIN.into(),
        methods: vec!["POST"],
        path_prefix: "/".into(),
        networks: Vec::new(),
        place: place(),
    };
    let secrets = vec![
        secret("token", ORIGIN, SecretPlace::Header("X-Token".into())),
        secret("token", ORIGIN, SecretPlace::Query("key".into())),
        secret("token", ORIGIN, SecretPlace::Field("auth.token".into())),
        secret("token", "https://b.example", SecretPlace::Header("X-Other".into())),
        secret("missing", ORIGIN, SecretPlace::Header("X-Token".into())),
        secret("broken", ORIGIN, SecretPlace::Header("X-Token".into())),
    ];
    Rules::own(vec![request], secrets)
}

fn secrets() -> Secrets {
    let value = |text: &str| Value::new(text.to_owned());
    Secrets::new(BTreeMap::from([
        ("token".to_owned(), value("v&\"1 é")),
        ("broken".to_owned(), value("line\nbreak")),
    ]))
}

/// The query, the header `x-token`, the body and the names that come of a request.
type Filled = (Option<String>, Vec<u8>, String, Vec<String>);

fn filled(url: &str, headers: &[(&str, &str)], body: &str) -> Result<Filled, Refused> {
    let mut target = Target::parse(url).expect("an address");
    let mut headers: Vec<(HeaderName, Vec<u8>)> = headers
        .iter()
        .map(|(name, value)| (name.parse().expect("a name"), value.as_bytes().to_vec()))
        .collect();
    let mut body = body.as_bytes().to_vec();
    let (rules, secrets, media_type) = (rules(), secrets(), media_type(&headers));
    let mut names = BTreeSet::new();
    fill_head(&rules, &secrets, &mut target, &mut headers, &mut names)?;
    fill_body(&rules, &secrets, &target, media_type.as_deref(), &mut body, &mut names)?;
    let header = headers.into_iter().find(|(name, _)| name == "x-token");
    Ok((
        target.query().map(str::to_owned),
        header.map(|(_, value)| value).unwrap_or_default(),
        String::from_utf8(body).expect("UTF-8"),
        names.into_iter().collect(),
    ))
}

const JSON: (&str, &str) = ("content-type", "application/json; charset=utf-8");
const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[test]
fn a_value_stands_where_it_is_granted_and_is_written_as_it_must_be() {
    let (_, header, _, names) = filled(ORIGIN, &[("X-Token", "Bearer {{secret:token}}.")], "").expect("filled");
    assert_eq!(
        (header.as_slice(), names),
        ("Bearer v&\"1 é.".as_bytes(), vec!["token".to_owned()])
    );
    for query in ["a=1&key={{secret:token}}&b", "a=1&key=%7B%7bsecret%3Atoken%7D}&b"] {
        let (query, ..) = filled(&format!("{ORIGIN}/?{query}"), &[], "").expect("filled");
        assert_eq!(query.as_deref(), Some("a=1&key=v%26%221%20%C3%A9&b"));
    }
    let body = "{ \"n\": 12345678901234567890123, \"auth\": {\"token\":\"{{secret:token}}\"} }";
    let (_, _, body, _) = filled(ORIGIN, &[JSON], body).expect("filled");
    assert_eq!(
        body,
        "{ \"n\": 12345678901234567890123, \"auth\": {\"token\":\"v&\\\"1 é\"} }"
    );
    let (_, _, body, _) = filled(ORIGIN, &[FORM], "a=%7B&auth.token={{secret:token}}").expect("filled");
    assert_eq!(body, "a=%7B&auth.token=v%26%221%20%C3%A9");
}

#[test]
fn what_has_no_placeholder_stays_as_it_is() {
    for (content, body) in [
        (JSON, "not JSON at all"),
        (FORM, "a=+%zz&&=&x"),
        (("content-type", "text/plain"), "{{secret:token}}"),
        (("accept", "x"), "{{secret:token}}"),
    ] {
        let (query, _, after, names) = filled(&format!("{ORIGIN}/?a=+%20&&=&x"), &[content], body).expect("filled");
        assert_eq!((query.as_deref(), after.as_str()), (Some("a=+%20&&=&x"), body));
        assert!(names.is_empty());
    }
}

#[test]
fn a_placeholder_anywhere_else_is_refused_with_what_it_needs() {
    let token = "{{secret:token}}";
    for (url, headers, body) in [
        (ORIGIN, vec![("x-other", token)], ""),
        (ORIGIN, vec![("authorization", token)], ""),
        ("https://b.example", vec![("x-token", token)], ""),
        ("https://a.example:444", vec![("x-token", token)], ""),
        ("https://a.example/?other={{secret:token}}", vec![], ""),
        ("https://b.example/?key={{secret:token}}", vec![], ""),
        (ORIGIN, vec![JSON], "{\"token\": \"{{secret:token}}\"}"),
        (ORIGIN, vec![JSON], "[\"{{secret:token}}\"]"),
        (
            "https://b.example",
            vec![JSON],
            "{\"auth\": {\"token\": \"{{secret:token}}\"}}",
        ),
        (ORIGIN, vec![FORM], "token=%7b%7bsecret:token}}"),
        (ORIGIN, vec![("x-token", "{{secret:unknown}}")], ""),
    ] {
        let refused = filled(url, &headers, body).expect_err("refused");
        assert!(
            matches!(refused, Refused::Denied(_)),
            "{url} {headers:?} {body}: {refused:?}"
        );
    }
}

#[test]
fn what_is_no_placeholder_or_could_be_two_things_is_refused() {
    for (url, headers, body) in [
        (ORIGIN, vec![("x-token", "{{secret:")], ""),
        (ORIGIN, vec![("x-token", "{{secret:TOKEN}}")], ""),
        (ORIGIN, vec![("x-token", "{{secret:{{secret:token}}}}")], ""),
        ("https://a.example/%7B%7Bsecret:token%7D%7D", vec![], ""),
        ("https://a.example/?{{secret:token}}=1", vec![], ""),
        ("https://a.example/?{{secret:token}}", vec![], ""),
        (ORIGIN, vec![JSON], "{\"auth\": {\"token\": \"{{secret:token}}\"}"),
        (ORIGIN, vec![JSON], "{\"{{secret:token}}\": 1}"),
        (
            ORIGIN,
            vec![JSON],
            "{\"x\": \"{{secret:token}}\", \"x\": 1, \"auth\": {\"token\": \"\"}}",
        ),
    ] {
        let refused = filled(url, &headers, body).expect_err("refused");
        assert!(
            matches!(refused, Refused::Invalid(_)),
            "{url} {headers:?} {body}: {refused:?}"
        );
    }
}

#[test]
fn a_secret_that_is_missing_or_does_not_fit_says_what_to_do_and_not_what_it_is() {
    let refused = filled(ORIGIN, &[("x-token", "{{secret:missing}}")], "").expect_err("refused");
    assert!(matches!(&refused, Refused::Unavailable(text) if text.contains("assize secret set missing")));
    let refused = filled(ORIGIN, &[("x-token", "{{secret:broken}}")], "").expect_err("refused");
    assert!(
        matches!(&refused, Refused::Unavailable(text) if !text.contains("line\n")),
        "{refused:?}"
    );
}
