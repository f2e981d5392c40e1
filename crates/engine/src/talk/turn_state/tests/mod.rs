//! The turn without a clock: each state with each signal, and the rules one by one.

use super::*;

const LIMIT: Duration = Duration::from_secs(60);

type State = TurnState<&'static str>;
type Signal = TurnSignal<&'static str>;
type Step = TurnStep<&'static str>;

const STATES: [&str; 8] =
    ["working", "asking", "noting", "accepted", "noting accepted", "cut off", "stopped", "over"];

fn at(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn coder() -> State {
    TurnState::new(Role::Coder, LIMIT, 0, 0)
}

/// A turn in the state of that name, after `seconds`.
fn state(name: &str, seconds: u64) -> State {
    let way: &[&str] = match name {
        "asking" => &["called"],
        "noting" => &["seen"],
        "accepted" => &["called", "accepted"],
        "noting accepted" => &["called", "accepted", "seen"],
        "cut off" => &["deadline"],
        "stopped" => &["cancelled"],
        "over" => &["ended"],
        _ => &[],
    };
    let mut state = coder();
    for signal in way {
        state.on(at(seconds), self::signal(signal));
    }
    state
}

fn signal(name: &str) -> Signal {
    let submitted = |answer| TurnSignal::Answered { tool: Role::Coder.mailbox().to_string(), answer };
    match name {
        "cancelled" => TurnSignal::Cancelled { mission: true },
        "deadline" => TurnSignal::Deadline,
        "called" => TurnSignal::Called,
        "accepted" => submitted(MailboxAnswer::Accepted("the work")),
        "refused" => submitted(MailboxAnswer::Refused(vec!["no summary".into()])),
        "answered" => submitted(MailboxAnswer::Reply("tests pass".into())),
        "seen" => TurnSignal::Seen(Sighting::default()),
        "noted" => TurnSignal::Noted { refused: None },
        "over budget" => TurnSignal::Noted { refused: Some("the task's tokens".into()) },
        "ended" => ended(Turn::default(), 0),
        "unreadable" => TurnSignal::Ended { turn: Err(RoleFailure::host("no JSON")), calls: 0, stop: None },
        "aborted" => TurnSignal::Aborted { calls: 0 },
        other => panic!("no signal is called {other}"),
    }
}

fn ended(turn: Turn, calls: u32) -> Signal {
    TurnSignal::Ended { turn: Ok(turn), calls, stop: None }
}

fn cut_off() -> Turn {
    Turn { finish: Some("length".into()), ..Turn::default() }
}

fn error(name: &str, status: Option<u16>) -> Turn {
    let error = TurnError { name: name.into(), message: "it failed".into(), status };
    Turn { error: Some(error), ..Turn::default() }
}

/// The step in one word.
fn word(step: &Step) -> &'static str {
    match step {
        TurnStep::Wait => ".",
        TurnStep::AskMailbox => "ask",
        TurnStep::Reply { mark: None, .. } => "reply",
        TurnStep::Reply { mark: Some(Mark::Accepted), .. } => "accept",
        TurnStep::Reply { mark: Some(Mark::Refused), .. } => "refuse",
        TurnStep::Note { .. } => "note",
        TurnStep::CutOff { .. } => "cut",
        TurnStep::End { outcome: Ok(TurnEnd::Submitted(_)), .. } => "submitted",
        TurnStep::End { outcome: Ok(_), .. } => "end",
        TurnStep::End { outcome: Err(_), .. } => "fail",
    }
}

/// The reason of a cut; the outcome of an end.
fn told(step: Step) -> String {
    match step {
        TurnStep::CutOff { reason, .. } => reason.unwrap_or_default(),
        TurnStep::End { outcome, .. } => match outcome {
            Ok(end) => format!("{end:?}"),
            Err(RoleFailure { class, reason }) => format!("{class:?}: {reason}"),
        },
        step => format!("{step:?}"),
    }
}

#[test]
fn every_signal_in_every_state() {
    const TABLE: &str = "
                   working  asking  noting  accepted   noting-accepted  cut-off  stopped  over
        cancelled  cut      cut     cut     cut        cut              .        .        .
        deadline   cut      .       .       cut        .                .        .        .
        called     ask      .       .       reply      .                .        .        .
        accepted   .        accept  .       .          .                .        .        .
        refused    .        refuse  .       .          .                .        .        .
        answered   .        reply   .       .          .                .        .        .
        seen       note     .       .       note       .                .        .        .
        noted      .        .       .       .          .                .        .        .
        over-budget .       .       cut     .          cut              .        .        .
        ended      end      .       .       submitted  .                .        .        .
        unreadable fail     .       .       submitted  .                .        .        .
        aborted    .        .       .       .          .                end      fail     .
    ";
    let rows = TABLE.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let mut rows = rows.filter(|row| !row.is_empty());
    let head: Vec<String> = rows.next().unwrap().iter().map(|name| name.replace('-', " ")).collect();
    assert_eq!(head, STATES);
    for row in rows {
        let (name, wanted) = (row[0].replace('-', " "), &row[1..]);
        assert_eq!(wanted.len(), STATES.len(), "{name}");
        for (of, wanted) in STATES.iter().zip(wanted) {
            let step = state(of, 0).on(LIMIT, signal(&name));
            assert_eq!(word(&step), *wanted, "{name} while {of}: {step:?}");
        }
    }
}

#[test]
fn a_signal_out_of_place_leaves_the_state_as_it_was() {
    for (of, stray, then, wanted) in [
        ("asking", "deadline", "accepted", "accept"),
        ("asking", "ended", "refused", "refuse"),
        ("noting", "called", "noted", "."),
        ("noting", "deadline", "over budget", "cut"),
        ("accepted", "refused", "ended", "submitted"),
        ("cut off", "ended", "aborted", "end"),
        ("stopped", "accepted", "aborted", "fail"),
    ] {
        let mut state = state(of, 0);
        assert_eq!(word(&state.on(at(1), signal(stray))), ".", "{stray} while {of}");
        assert_eq!(word(&state.on(at(2), signal(then))), wanted, "{then} while {of}, after {stray}");
    }
}

#[test]
fn a_stop_beats_a_result_and_keeps_it_out() {
    for of in ["working", "asking", "noting", "accepted", "noting accepted"] {
        let mut state = state(of, 0);
        let step = state.on(at(1), TurnSignal::Cancelled { mission: false });
        assert_eq!(told(step), "its task is over", "{of}");
        for late in ["accepted", "ended", "called", "over budget"] {
            assert_eq!(word(&state.on(at(1), signal(late))), ".", "{of}: {late}");
        }
        assert_eq!(told(state.on(at(2), signal("aborted"))), "Host: the mission was stopped", "{of}");
    }
    let step = coder().on(at(1), TurnSignal::Cancelled { mission: true });
    assert!(
        matches!(step, TurnStep::CutOff { reason: None, unread: false }),
        "not a word of a mission that is over"
    );
}

#[test]
fn submissions_are_refused_three_times_and_over_all_turns() {
    let mut state = coder();
    for n in 1..=3 {
        state.on(at(n), signal("called"));
        let step = state.on(at(n), signal("refused"));
        let TurnStep::Reply { words, mark: Some(Mark::Refused) } = step else { panic!("{step:?}") };
        assert!(words.contains("mission_work") && words.contains("- no summary"), "{words}");
    }
    let mut next: State = TurnState::new(Role::Coder, LIMIT, state.refusals(), 0);
    next.on(at(1), signal("called"));
    let step = next.on(at(1), signal("refused"));
    assert_eq!(told(step), "the coder submitted 4 times what cannot be accepted; the last time: no summary");
    assert_eq!(next.refusals(), 4);
    assert!(told(next.on(at(2), signal("aborted"))).starts_with("Malformed: the coder submitted 4 times"));

    let mut state = coder();
    for n in 0..9 {
        state.on(at(n), signal("called"));
        let refused = MailboxAnswer::Refused(vec!["no such page".into()]);
        let step = state.on(at(n), TurnSignal::Answered { tool: "mission_page".into(), answer: refused });
        assert_eq!((word(&step), state.refusals()), ("refuse", 0), "another tool submits nothing");
    }
}

#[test]
fn what_was_accepted_stays_accepted() {
    let mut state = state("accepted", 5);
    let step = state.on(at(6), signal("called"));
    let TurnStep::Reply { words, mark: None } = step else { panic!("{step:?}") };
    assert!(words.starts_with("already accepted"));
    let stop = Stop { class: FailureClass::Malformed, why: "goes round in circles".into() };
    let wait = ProviderWait { message: "429".into(), ms: u64::MAX };
    let sighting =
        Sighting { stop: Some(stop.clone()), endless: true, waiting: Some(wait), ..Sighting::default() };
    state.on(at(6), TurnSignal::Seen(sighting));
    assert_eq!(word(&state.on(at(6), signal("noted"))), ".", "nothing that is seen afterwards cuts it off");
    let failed = TurnSignal::Ended { turn: Ok(error("APIError", Some(500))), calls: 9, stop: Some(stop) };
    let TurnStep::End { account: Some(account), model_answered: true, outcome: Ok(end) } =
        state.on(at(7), failed)
    else {
        panic!("an end with what it used")
    };
    assert_eq!((account.failed, end), (false, TurnEnd::Submitted("the work")));

    for cut in ["deadline", "over budget"] {
        let mut state = self::state(if cut == "deadline" { "accepted" } else { "noting accepted" }, 5);
        assert_eq!(word(&state.on(at(35), signal(cut))), "cut");
        assert_eq!(word(&state.on(at(36), signal("aborted"))), "submitted", "{cut}");
    }
}

#[test]
fn a_role_is_idle_since_its_last_progress() {
    let mut state = coder();
    assert_eq!(state.deadline(), LIMIT);
    state.on(at(10), signal("called"));
    state.on(at(20), signal("answered"));
    assert_eq!(state.deadline(), at(80), "since the mailbox answered");
    let mut alive = |at, alive| {
        state.on(at, TurnSignal::Seen(Sighting { alive, ..Sighting::default() }));
        state.on(at, signal("noted"));
        state.deadline()
    };
    assert_eq!(alive(at(30), 1), at(90), "a sign of life");
    assert_eq!(alive(at(40), 1), at(90), "the same again is none");
    let told = told(state.on(at(90), signal("deadline")));
    assert_eq!(told, "the coder was cut off: no progress for 60 s");

    let mut old: State = TurnState::new(Role::Coder, LIMIT, 0, 7);
    old.on(at(5), TurnSignal::Seen(Sighting { alive: 7, ..Sighting::default() }));
    assert_eq!(old.deadline(), LIMIT, "life of an earlier turn is none of this one");
}

#[test]
fn a_role_that_never_ends_is_cut_off_after_six_limits() {
    let mut state = coder();
    for n in 1..=7 {
        state.on(at(50 * n), TurnSignal::Seen(Sighting { alive: n, ..Sighting::default() }));
        state.on(at(50 * n), signal("noted"));
    }
    assert_eq!(state.deadline(), at(360));
    assert_eq!(told(state.on(at(360), signal("deadline"))), "the coder had not ended after 360 s");
    assert!(told(state.on(at(361), signal("aborted"))).starts_with("Timeout: "));

    let mut state = TurnState::<&str>::new(Role::Coder, Duration::MAX, 0, 0);
    state.on(at(1), signal("called"));
    state.on(Duration::MAX, signal("answered"));
    assert_eq!(state.deadline(), Duration::MAX, "no limit is too long to count with");
}

#[test]
fn a_role_may_talk_a_while_after_its_result() {
    assert_eq!(state("accepted", 10).deadline(), at(40));
    let mut short: State = TurnState::new(Role::Coder, at(7), 0, 0);
    short.on(at(1), signal("called"));
    short.on(at(2), signal("accepted"));
    short.on(at(3), TurnSignal::Seen(Sighting { alive: 1, ..Sighting::default() }));
    assert_eq!(short.deadline(), at(9), "no longer than its limit, and life moves it no more");
}

#[test]
fn silence_is_the_providers_fault_until_something_came() {
    let mut state = coder();
    let step = state.on(LIMIT, signal("deadline"));
    assert!(matches!(step, TurnStep::CutOff { unread: false, .. }), "what was sent may have been read");
    assert_eq!(told(step), "the provider does not answer: the coder was cut off: no answer within 60 s");
    let end = told(state.on(LIMIT, TurnSignal::Aborted { calls: 0 }));
    assert!(end.contains("Silence") && end.contains("worked: false"), "{end}");
}

#[test]
fn a_provider_is_waited_for_with_patience() {
    let wait = |message: &str, ms| {
        let waiting = Some(ProviderWait { message: message.into(), ms });
        TurnSignal::Seen(Sighting { waiting, ..Sighting::default() })
    };
    for (message, fault) in [("429 slow down", "RateLimit"), ("connection reset", "Outage")] {
        let mut state = coder();
        let step = state.on(at(1), wait(message, PATIENCE_MS));
        assert!(matches!(&step, TurnStep::Note { waits: Some(words), .. } if words == message), "{step:?}");
        assert_eq!(word(&state.on(at(1), signal("noted"))), ".");
        let step = state.on(at(2), wait(message, PATIENCE_MS + 1));
        assert!(matches!(step, TurnStep::Note { waits: None, .. }), "told once a turn: {step:?}");
        let step = state.on(at(2), signal("noted"));
        assert!(matches!(step, TurnStep::CutOff { unread: true, .. }), "{step:?}");
        assert_eq!(told(step), format!("the provider does not answer: {message}"));
        let end = told(state.on(at(3), TurnSignal::Aborted { calls: 2 }));
        assert!(end.contains(fault) && end.contains("worked: true"), "{end}");
    }
}

#[test]
fn what_is_seen_cuts_off_once_it_is_noted() {
    let stop = Stop { class: FailureClass::Malformed, why: "goes round in circles".into() };
    let all = Sighting { stop: Some(stop), endless: true, ..Sighting::default() };
    for (sighting, refused, reason, end) in [
        (all.clone(), None, "the coder goes round in circles", "Malformed: the coder goes round in circles"),
        (
            Sighting { stop: None, ..all.clone() },
            None,
            "an answer without an end",
            "Nothing { flag: Some(TooLong), calls: 3 }",
        ),
        (all, Some("the task's tokens"), "the task's tokens", "Budget: the task's tokens"),
    ] {
        let mut state = coder();
        assert_eq!(word(&state.on(at(1), TurnSignal::Seen(sighting))), "note");
        let step = state.on(at(1), TurnSignal::Noted { refused: refused.map(str::to_string) });
        assert_eq!(told(step), reason);
        assert_eq!(told(state.on(at(2), TurnSignal::Aborted { calls: 3 })), end);
    }
}

#[test]
fn a_models_answer_is_told_once_and_with_the_first_spending() {
    let seen = |spent| TurnSignal::Seen(Sighting { alive: 1, spent, ..Sighting::default() });
    let mut state = coder();
    for (spent, wanted) in [(false, false), (true, true), (true, false)] {
        let step = state.on(at(1), seen(spent));
        assert!(matches!(step, TurnStep::Note { answered, .. } if answered == wanted), "{step:?}");
        state.on(at(1), signal("noted"));
    }
    let end = told(state.on(at(2), ended(error("APIError", Some(500)), 0)));
    assert!(end.contains("Outage") && end.contains("worked: true"), "{end}");
}

#[test]
fn how_the_host_ends_a_turn_says_how_it_ended() {
    let words = |text: &str, calls| {
        ended(Turn { text: text.into(), bytes: text.len() as u64, ..Turn::default() }, calls)
    };
    let stop = Some(Stop { class: FailureClass::Budget, why: "may spend no more".into() });
    for (signal, end) in [
        (words("Done!", 0), "Nothing { flag: Some(Prose), calls: 0 }"),
        (words("", 0), "Nothing { flag: Some(Empty), calls: 0 }"),
        (words("Done!", 4), "Nothing { flag: None, calls: 4 }"),
        (ended(error("MessageOutputLengthError", None), 1), "Nothing { flag: Some(OutputLimit), calls: 1 }"),
        (ended(cut_off(), 0), "Nothing { flag: Some(OutputLimit), calls: 0 }"),
        (ended(cut_off(), 2), "Nothing { flag: None, calls: 2 }"),
        (ended(error("ContextOverflowError", None), 1), "Timeout: ContextOverflowError: it failed"),
        (ended(error("MessageAbortedError", None), 1), "Host: MessageAbortedError: it failed"),
        (
            ended(error("APIError", Some(401)), 0),
            "Fault { fault: Refused, reason: \"APIError: it failed\", calls: 0, worked: false }",
        ),
        (
            TurnSignal::Ended { turn: Ok(error("APIError", Some(500))), calls: 1, stop },
            "Budget: the coder may spend no more",
        ),
    ] {
        assert_eq!(told(coder().on(at(1), signal)), end);
    }
}

#[test]
fn what_is_reserved_is_released_with_every_account() {
    let tokens = Tokens { input: 5, ..Tokens::default() };
    let turn = |error: Option<TurnError>| Turn { tokens, cost_usd: 0.5, error, ..Turn::default() };
    for (turn, failed) in [(turn(None), false), (turn(error("APIError", Some(500)).error), true)] {
        let TurnStep::End { account: Some(account), .. } = coder().on(at(1), ended(turn, 1)) else {
            panic!("no account")
        };
        assert_eq!(account, Account { tokens, cost_usd: 0.5, failed });
    }
    // An unreadable answer says nothing about usage: the session's end releases the reservation.
    let step = coder().on(at(1), signal("unreadable"));
    assert!(
        matches!(step, TurnStep::End { account: None, model_answered: false, outcome: Err(_) }),
        "{step:?}"
    );
    // A turn that is cut off is counted while it is aborted.
    let step = state("cut off", 0).on(at(61), signal("aborted"));
    assert!(matches!(step, TurnStep::End { account: None, model_answered: false, .. }), "{step:?}");
}
