//! Failures, waits, circuits and pace of a provider, told as events.

use super::circuit::PROBE_MS;
use super::*;

const MINUTE: u64 = 60_000;
const PATIENCE: u64 = 30 * MINUTE;

fn models(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// Plays a role that asks a provider which is down for `minutes` from the start. Only waits move the clock. Returns the
/// times at which models were asked, and how it ended.
fn outage(minutes: u64, fault: Fault, names: &[&str], up: &[&str]) -> (Vec<(u64, String)>, String) {
    let (models, mut providers, mut now, mut asked) = (models(names), Providers::default(), 0, Vec::new());
    for _ in 0..10_000 {
        match providers.choose(&models, now, PATIENCE) {
            Choice::Ask(place) => {
                let model = &models[place];
                asked.push((now, model.clone()));
                providers.asked(model, now);
                if up.contains(&model.as_str()) || now >= minutes * MINUTE {
                    providers.answered(model, now, 4);
                    return (asked, format!("answered by {model} after {} min", now / MINUTE));
                }
                let wait = providers.wait_ms(model, fault, now, "m-00000001");
                providers.failed(model, fault, "503 the provider is down", now, wait, 4);
            }
            Choice::WaitUntil(until) => {
                assert!(until > now, "a wait goes forward");
                assert!(until - now <= MAX_WAIT_MS, "a cap of our own");
                now = until;
            }
            Choice::NoModel(why) => return (asked, why),
        }
    }
    panic!("it goes on forever");
}

#[test]
fn an_outage_of_an_hour_pauses_and_names_the_model() {
    let (asked, end) = outage(60, Fault::Outage, &["a/x"], &[]);
    assert!(end.starts_with("`a/x` has not answered for 3"), "{end}");
    assert!(end.contains("503 the provider is down"), "{end}");
    assert!((15..40).contains(&asked.len()), "asked {} times", asked.len());
}

#[test]
fn a_short_outage_is_told_in_seconds() {
    let (models, mut providers) = (models(&["a/x"]), Providers::default());
    for at in [1_000, 20_000, 40_000] {
        providers.failed("a/x", Fault::Outage, "500", at, MINUTE, 4);
    }
    let Choice::NoModel(why) = providers.choose(&models, 40_500, 30_000) else { panic!("it is asked again") };
    assert!(why.starts_with("`a/x` has not answered for 39 s (3 failures"), "{why}");
}

#[test]
fn an_answer_that_breaks_off_does_not_end_an_outage() {
    let (models, mut providers, mut now) = (models(&["a/x"]), Providers::default(), 0);
    for _ in 0..100 {
        match providers.choose(&models, now, MINUTE) {
            Choice::Ask(_) => {
                providers.asked("a/x", now);
                providers.answered("a/x", now + 500, 4);
                now += 1_000;
                let wait = providers.wait_ms("a/x", Fault::Outage, now, "m-00000001");
                providers.failed("a/x", Fault::Outage, "reset", now, wait, 4);
            }
            Choice::WaitUntil(until) => now = until,
            Choice::NoModel(why) => {
                assert!(now < 3 * MINUTE && why.contains("has broken off every answer for"), "{now} {why}");
                // Whole answers, and an answer long ago, do end it
                for (answers, later) in [(2, 1_000), (1, 10 * MINUTE)] {
                    let mut providers = providers.clone();
                    (0..answers).for_each(|_| providers.answered("a/x", now, 4));
                    providers.failed("a/x", Fault::Outage, "reset", now + later, 1, 4);
                    assert_eq!(providers.models["a/x"].failures, 1);
                }
                return;
            }
        }
    }
    panic!("it goes on forever");
}

#[test]
fn an_outage_of_ten_minutes_is_waited_out() {
    let (asked, end) = outage(10, Fault::Outage, &["a/x"], &[]);
    assert!(end.starts_with("answered by a/x after 1"), "{end}");
    assert!(asked.len() < 20, "asked {} times", asked.len());
}

#[test]
fn a_fallback_is_asked_once_the_circuit_is_open() {
    let (asked, end) = outage(60, Fault::RateLimit, &["a/x", "b/y"], &["b/y"]);
    assert_eq!(end, "answered by b/y after 0 min");
    let who: Vec<&str> = asked.iter().map(|(_, model)| model.as_str()).collect();
    assert_eq!(who, ["a/x", "a/x", "a/x", "b/y"]);
}

#[test]
fn a_key_that_is_not_valid_is_not_tried_again() {
    let (asked, end) = outage(60, Fault::Refused, &["a/x"], &[]);
    assert_eq!(asked.len(), 1);
    assert!(end.starts_with("`a/x` refuses to answer: 503 the provider is down; "), "{end}");
    assert!(end.contains("`opencode auth login`"), "{end}");
    let (asked, _) = outage(60, Fault::Refused, &["a/x", "b/y"], &["b/y"]);
    assert_eq!(asked.len(), 2);
}

#[test]
fn an_open_circuit_lets_one_prompt_through() {
    let (models, mut providers) = (models(&["a/x"]), Providers::default());
    for _ in 0..OPEN_AFTER {
        providers.failed("a/x", Fault::Outage, "down", 0, 4_000, 4);
    }
    assert_eq!(providers.choose(&models, 3_999, PATIENCE), Choice::WaitUntil(4_000));
    assert_eq!(providers.choose(&models, 4_000, PATIENCE), Choice::Ask(0));
    providers.asked("a/x", 4_000);
    assert_eq!(providers.choose(&models, 4_100, PATIENCE), Choice::WaitUntil(5_100), "another one waits");
    // Even after a long outage the role does not fail while the probe is running
    assert_eq!(providers.choose(&models, 60_000, 1_000), Choice::WaitUntil(61_000));
    providers.answered("a/x", 0, 4);
    assert_eq!(providers.choose(&models, 5_100, PATIENCE), Choice::Ask(0));
    // The next answer shows that it did not break off
    assert!(providers.is_news("a/x"));
    providers.answered("a/x", 0, 4);
    assert!(!providers.is_news("a/x"));
}

#[test]
fn a_probe_that_is_lost_does_not_hold_the_door() {
    let (models, mut providers) = (models(&["a/x"]), Providers::default());
    for _ in 0..OPEN_AFTER {
        providers.failed("a/x", Fault::Outage, "down", 0, 4_000, 4);
    }
    providers.asked("a/x", 4_000);
    assert_eq!(providers.choose(&models, 4_000 + PROBE_MS, PATIENCE), Choice::Ask(0));
}

#[test]
fn waits_double_up_to_the_cap_with_jitter_from_the_seed() {
    let wait = |failures, seed: &str| wait_ms(Fault::RateLimit, failures, 7, seed);
    for failures in 1..40 {
        let full = (2_000_u64 << (failures - 1).min(20)).min(MAX_WAIT_MS);
        let wait = wait(failures, "m-1");
        assert!((full / 2..=full).contains(&wait), "{failures}: {wait} of {full}");
    }
    assert_eq!(wait(4, "m-1"), wait(4, "m-1"), "the same journal, the same wait");
    let spread: std::collections::BTreeSet<u64> = (0..20).map(|n| wait(4, &format!("m-{n}"))).collect();
    assert!(spread.len() > 15, "missions do not come back together: {spread:?}");
}

#[test]
fn the_pace_is_halved_by_limits_and_raised_by_answers() {
    let mut providers = Providers::default();
    assert_eq!(providers.parallel(8), 8);
    providers.slowed(0, 8);
    assert_eq!(providers.parallel(8), 4);
    providers.slowed(1_000, 8);
    assert_eq!(providers.parallel(8), 4, "limits that come together are one");
    providers.slowed(6_000, 8);
    providers.slowed(12_000, 8);
    providers.slowed(18_000, 8);
    assert_eq!(providers.parallel(8), 1, "never below one");
    let answers = |providers: &mut Providers, n| (0..n).for_each(|_| providers.answered("a/x", 0, 8));
    answers(&mut providers, 1);
    assert_eq!(providers.parallel(8), 2);
    answers(&mut providers, 2);
    assert_eq!(providers.parallel(8), 2, "one more a round, not one an answer");
    answers(&mut providers, 40);
    assert_eq!(providers.parallel(8), 8);
    assert!(!providers.is_news("a/x"));
}

#[test]
fn errors_are_told_apart() {
    let cases: [(&str, Option<u16>, &str, Option<Fault>); 12] = [
        ("APIError", Some(429), "slow down", Some(Fault::RateLimit)),
        ("APIError", Some(503), "busy", Some(Fault::Outage)),
        ("APIError", Some(529), "overloaded", Some(Fault::Outage)),
        ("APIError", Some(401), "no key", Some(Fault::Refused)),
        ("APIError", Some(402), "no credit", Some(Fault::Refused)),
        ("APIError", Some(404), "no such model", Some(Fault::Refused)),
        ("APIError", Some(400), "messages: too long", None),
        ("ProviderAuthError", None, "no key", Some(Fault::Refused)),
        ("UnknownError", None, "socket hang up", Some(Fault::Outage)),
        ("UnknownError", None, "Too Many Requests", Some(Fault::RateLimit)),
        ("MessageAbortedError", None, "aborted", None),
        ("MessageOutputLengthError", None, "", None),
    ];
    for (name, status, message, fault) in cases {
        assert_eq!(classify(name, status, message), fault, "{name} {status:?} {message}");
    }
}

#[test]
fn a_clock_that_was_set_back_does_not_lengthen_a_wait() {
    let (models, mut providers, late) = (models(&["a/x"]), Providers::default(), 24 * 60 * MINUTE);
    for _ in 0..circuit::OPEN_AFTER {
        providers.failed("a/x", Fault::Outage, "503", late, MAX_WAIT_MS, 4);
    }
    assert_eq!(providers.choose(&models, late, PATIENCE), Choice::WaitUntil(late + MAX_WAIT_MS));
    assert_eq!(providers.choose(&models, MINUTE, PATIENCE), Choice::Ask(0));
    providers.asked("a/x", late);
    assert_eq!(
        providers.choose(&models, MINUTE, PATIENCE),
        Choice::Ask(0),
        "no prompt of the future is under way"
    );
}
