//! Drawn texts, and what people write in their place.

use super::*;

/// A text drawn by a fixed generator, so that no secret stands in this file.
fn drawn(characters: &str, length: usize, seed: u64) -> String {
    let characters: Vec<char> = characters.chars().collect();
    let mut state = seed;
    let draw = |_| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        characters
            .get((state >> 33) as usize % characters.len())
            .copied()
            .unwrap_or_default()
    };
    (0..length).map(draw).collect()
}

const BASE62: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

#[test]
fn most_drawn_texts_are_found_however_they_are_assigned() {
    for form in [
        "PASSWORD = \"@\"",
        "let api_key: &'static str = \"@\";",
        "  \"clientSecret\": \"@\",",
        "$config['db_password'] = '@';",
        "secret_token => '@'",
        "apiKey := `@`",
        "connect(password='@')",
    ] {
        let found = (0..200).filter(|seed| {
            let text = drawn(BASE62, 24, *seed);
            find(&form.replace('@', &text), false).map(|found| (found.text == text, found.sureness))
                == Some((true, Sureness::High))
        });
        assert!(found.count() > 160, "{form}");
    }
    let bare = format!("DB_PASSWORD={}", drawn(BASE62, 24, 7));
    assert!(find(&bare, true).is_some() && find(&bare, false).is_none());
}

#[test]
fn digits_of_base_16_are_less_sure() {
    let line = format!("secret_key = '{}'", drawn("0123456789abcdef", 40, 3));
    assert_eq!(find(&line, false).map(|found| found.sureness), Some(Sureness::Low));
    assert_eq!(find(&line.replace("secret_key", "secret_hash"), false), None);
}

#[test]
fn what_a_person_writes_is_no_secret() {
    for line in [
        "password = \"correct horse battery staple\"",
        "password = \"CorrectHorseBatteryStaple12\"",
        "token = \"AuthenticationTokenProviderV2x3\"",
        "api_key = os.environ[\"SERVICE_API_KEY_2\"]",
        "secret = \"${SERVICE_SECRET_2}abcDEF123\"",
        "password = 'changeme-Now-1234567'",
        "secret: \"my-service-secret-v2-eu1\"",
        "resetPasswordToken: \"user.resetPassword.token1\"",
        "if token == \"aB3dE5gH7jK9mN1pQ3sT5\" {",
        "access_key = \"550e8400-e29b-41d4-a716-446655440000\"",
    ] {
        assert_eq!(find(line, false), None, "{line}");
    }
}

#[test]
fn a_name_that_speaks_of_something_else_hides_nothing() {
    let text = drawn(BASE62, 24, 11);
    for name in [
        "token_hash",
        "publicApiKey",
        "nextPageToken",
        "secret_name",
        "password_field",
        "accessKeyId",
    ] {
        assert_eq!(find(&format!("{name} = \"{text}\""), false), None, "{name}");
    }
}
