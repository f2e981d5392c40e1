//! What the redactor takes out of a text, and what it leaves.

use super::Redactor;
use expect_test::{Expect, expect};
use serde_json::json;
use std::borrow::Cow;
use std::time::Instant;

fn env(pairs: &[(&str, &str)]) -> Redactor {
    Redactor::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
}

/// Joins keys from parts, so that a secret scanner of this repository does not report them.
fn check(parts: &[&str], expected: Expect) {
    let redactor = Redactor::shapes_only();
    let text = parts.concat();
    let once = redactor.redact(&text).into_owned();
    expected.assert_eq(&once);
    assert_eq!(redactor.redact(&once), once, "redacting twice changes nothing more");
}

#[test]
fn known_shapes() {
    check(&["key sk-", "ant-api03-abcDEF123_456-789xyzABCdef end"], expect!["key [redacted:anthropic] end"]);
    check(&["sk-", "proj-Ab3dEf6hIjKlMnOpQrStUv9xYz012345"], expect!["[redacted:api key]"]);
    check(&["sk-", "or-v1-0123456789abcdef0123456789abcdef"], expect!["[redacted:api key]"]);
    check(&["ghp", "_0123456789abcdefghijABCDEFGHIJ456789,"], expect!["[redacted:github],"]);
    check(&["github", "_pat_11ABCDEFG0aBcDeFgHiJkL_mNoPqRsTuV"], expect!["[redacted:github]"]);
    check(&["AKIA", "IOSFODNN7EXAMPLE"], expect!["[redacted:aws]"]);
    check(
        &["aws_secret_access_key = wJalrXUtnFEMI", "/K7MDENG/bPxRfiCYEXAMPLEKEY"],
        expect!["aws_secret_access_key = [redacted:aws]"],
    );
    check(&["xoxb", "-123456789012-abcdefghij"], expect!["[redacted:slack]"]);
    check(&["AIza", "SyA0123456789abcdefghijklmnopqrstuv"], expect!["[redacted:google]"]);
    check(
        &["//r/:_authToken=npm", "_0123456789abcdefghijABCDEFGHIJ456789"],
        expect!["//r/:_authToken=[redacted:npm]"],
    );
    check(
        &["eyJhbGciOiJIUzI1NiJ9", ".eyJzdWIiOiIxMjM0In0", ".c2lnbmF0dXJlLXRleHQ"],
        expect!["[redacted:jwt]"],
    );
}

#[test]
fn headers_and_urls_keep_what_is_no_secret() {
    check(
        &["Authorization: Bearer abc.def-123456"],
        expect!["Authorization: Bearer [redacted:authorization]"],
    );
    check(
        &[r#""authorization": "Basic dXNlcjpwYXNz""#],
        expect![[r#""authorization": "Basic [redacted:authorization]""#]],
    );
    check(&["x-api-key: 0123456789", "abcdefghij0123"], expect!["x-api-key: [redacted:api key]"]);
    check(
        &["postgres://app:hunter2@db.example:5432/x"],
        expect!["postgres://app:[redacted:password]@db.example:5432/x"],
    );
    check(
        &["mongodb://app:hunter2@a.example,app:hunter3@b.example:1,app:hunter4@c.example/x?y=a@b"],
        expect!["mongodb://app:[redacted:password]@c.example/x?y=a@b"],
    );
    check(
        &["nats://a:hunter2@a.example,nats://b:hunt@r3@b.example"],
        expect!["nats://a:[redacted:password]@a.example,nats://b:[redacted:password]@b.example"],
    );
}

#[test]
fn private_keys_whole_or_cut_off() {
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC\nBKcwggSjAgEAAoIBAQ";
    check(
        &["a\n-----BEGIN RSA PRIVATE", " KEY-----\n", body, "\n-----END RSA PRIVATE", " KEY-----\nb"],
        expect![[r#"
            a
            [redacted:private key]
            b"#]],
    );
    check(
        &["a -----BEGIN PRIVATE", " KEY-----\n", body],
        expect!["a -----BEGIN PRIVATE KEY-----[redacted:private key]"],
    );
}

#[test]
fn ordinary_text_stays() {
    let redactor = Redactor::shapes_only();
    for text in [
        "commit 3f786850e387550fdab836ed7e6dc881de23001b",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "550e8400-e29b-41d4-a716-446655440000",
        r#""integrity": "sha512-q1+3x4ZpX0bTgY8kYv1Tf5V2kVJm8Yw3Zc0H9o2nS0m6g==""#,
        ".sk-fading-circle-animation-delay-long { color: red }",
        "the bearer of internationalization-and-localization",
        "apiKey: process.env.OPENAI_API_KEY",
        "https://example.com:8080/a@b and git@github.com:owner/name.git",
        "postgres://user:${PASSWORD}@localhost/x",
        "look for -----BEGIN PRIVATE KEY----- in the file",
        "token budget, secret santa, password reset",
    ] {
        assert!(matches!(redactor.redact(text), Cow::Borrowed(_)), "{text} became {}", redactor.redact(text));
    }
}

#[test]
fn values_of_secret_named_variables() {
    let redactor = env(&[
        ("MY_SERVICE_TOKEN", "tomato-soup-17"),
        ("DB_PASSWORD", "tomato-soup"),
        ("SHORT_KEY", "abc"),
        ("KEYBOARD_LAYOUT", "germany-neo2"),
        ("GOOGLE_APPLICATION_CREDENTIALS", "/home/user/key.json"),
        ("HOME", "/home/user"),
    ]);
    let text = "tomato-soup-17 tomato-soup abc germany-neo2 /home/user/key.json";
    assert_eq!(
        redactor.redact(text),
        "[redacted:MY_SERVICE_TOKEN] [redacted:DB_PASSWORD] abc germany-neo2 /home/user/key.json"
    );
    assert_eq!(format!("{redactor:?}"), "Redactor(2 values)");
}

#[test]
fn a_word_is_no_secret_whatever_its_variable() {
    let redactor = env(&[
        ("POSTGRES_PASSWORD", "postgres"),
        ("AUTH_PROVIDER", "firebase"),
        ("SECRET_NAME", "Production"),
        ("KEY_MODE", "DEVELOPMENT"),
    ]);
    let text = "move src/postgres/index.ts to firebase, Production and DEVELOPMENT alike";
    assert_eq!(redactor.redact(text), text);
    // Mixed case, digits, other signs, or many letters: no word
    for secret in ["tomatoSoup", "tomatosoup7", "tomato-soup", "abcdefghijklmnop"] {
        assert_eq!(env(&[("DB_PASSWORD", secret)]).redact(secret), "[redacted:DB_PASSWORD]");
    }
}

#[test]
fn a_key_file_in_a_variable_is_found_line_by_line() {
    let redactor =
        env(&[("DEPLOY_KEY", "first-line-of-the-secret-value\nsecond-line-of-the-secret-value\nend\n")]);
    assert_eq!(redactor.redact("| second-line-of-the-secret-value |"), "| [redacted:DEPLOY_KEY] |");
}

#[test]
fn json_is_redacted_in_strings_and_keys() {
    let redactor = env(&[("API_TOKEN", "tomato-soup-17")]);
    let mut value = json!({ "a": ["x tomato-soup-17", 1, null], "tomato-soup-17": { "b": true } });
    redactor.redact_json(&mut value);
    assert_eq!(
        value,
        json!({ "a": ["x [redacted:API_TOKEN]", 1, null], "[redacted:API_TOKEN]": { "b": true } })
    );
}

#[test]
fn time_grows_with_the_text_and_not_faster() {
    let redactor = env(&[("API_TOKEN", "aaaaaaaaaaaaaaab")]);
    // Careless patterns become slow on secrets that begin and never end.
    let unit = format!("{}eyJaaaaaaaaaa.eyJ a://a:a -----BEGIN PRIVATE KEY----- bearer ", "a".repeat(64));
    let took = |count: usize| {
        let text = unit.repeat(count);
        (0..3)
            .map(|_| {
                let start = Instant::now();
                std::hint::black_box(redactor.redact(&text).len());
                start.elapsed()
            })
            .min()
            .unwrap_or_default()
    };
    let (small, large) = (took(500), took(8000));
    assert!(large < small * 16 * 6, "16 times the text took {small:?} and then {large:?}");
}
