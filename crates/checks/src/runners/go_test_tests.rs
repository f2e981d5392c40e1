//! Tests of the reader of `go test`: recorded runs, and lines that a test printed.

use expect_test::expect;

use super::*;
use crate::parse::fixtures::check;

#[test]
fn a_real_run() {
    check(
        parse,
        include_str!("../../fixtures/go_test/usual.txt"),
        expect![[r#"
            passed: Some(1) (partial)
            - [example.com/m/a] TestAdd @ a_test.go:3 | a_test.go:3: got 2
            - [example.com/m/a] TestSub/case_one @ a_test.go:7 | a_test.go:7: boom
            - [example.com/m/d] build failed @ d/d_test.go:3 | d/d_test.go:3:28: undefined: x
            - [example.com/m/e] TestP | panic: no [recovered]
        "#]],
    );
}

#[test]
fn an_event_outweighs_a_printed_verdict() {
    let event = |rest: &str| format!("{{\"Package\":\"m\",{rest}}}\n");
    let text = [
        event(r#""Action":"run","Test":"TestA""#),
        event(r#""Action":"run","Test":"TestB""#),
        event(r#""Action":"output","Test":"TestA","Output":"--- FAIL: TestB (0.00s)\n""#),
        event(r#""Action":"pass","Test":"TestB""#),
        event(r#""Action":"fail","Test":"TestA""#),
        event(r#""Action":"fail""#),
    ];
    let names: Vec<_> = parse(&text.concat()).failing.into_iter().flatten().map(|one| one.name).collect();
    assert_eq!(names, ["TestA"]);
}

#[test]
fn a_package_fails_with_its_time_or_the_reason() {
    let text = "=== RUN   TestA\nFAIL\tm/other\n--- PASS: TestA (0.00s)\n=== RUN   TestB\n    b_test.go:9: bad\n\
                --- FAIL: TestB (0.00s)\nFAIL\nFAIL\tm/a\t0.003s\nFAIL\n";
    let names: Vec<_> = parse(text).failing.into_iter().flatten().map(|one| one.name).collect();
    assert_eq!(names, ["TestB"], "a test printed the other line");
}

#[test]
fn a_real_run_with_v() {
    check(
        parse,
        include_str!("../../fixtures/go_test/verbose.txt"),
        expect![[r#"
            passed: Some(3) (partial)
            - [example.com/m/a] TestAdd @ a_test.go:3 | a_test.go:3: got 2
            - [example.com/m/a] TestSub/case_one @ a_test.go:7 | a_test.go:7: boom
            - [example.com/m/d] build failed @ d/d_test.go:3 | d/d_test.go:3:28: undefined: x
            - [example.com/m/e] TestP | panic: no [recovered]
        "#]],
    );
}

#[test]
fn a_real_run_with_json() {
    check(
        parse,
        include_str!("../../fixtures/go_test/events.jsonl"),
        expect![[r#"
            passed: Some(3) (partial)
            - [example.com/m/d] build failed @ d/d_test.go:3 | d/d_test.go:3:28: undefined: x
            - [example.com/m/a] TestAdd @ a_test.go:3 | a_test.go:3: got 2
            - [example.com/m/a] TestSub/case_one @ a_test.go:7 | a_test.go:7: boom
            - [example.com/m/e] TestP | panic: no [recovered]
        "#]],
    );
}

#[test]
fn nothing_to_test() {
    check(
        parse,
        "?   \texample.com/m\t[no test files]\n",
        expect![[r#"
        passed: Some(0)
    "#]],
    );
    check(
        parse,
        "ok  \texample.com/m\t0.001s [no tests to run]\n",
        expect![[r#"
        passed: Some(0)
    "#]],
    );
    check(
        parse,
        "go: cannot find main module\n",
        expect![[r#"
        passed: None
        names: unknown
    "#]],
    );
}

#[test]
fn a_printed_end_of_a_package_and_a_printed_start_are_none() {
    let printed = "=== RUN   TestGhost\nFAIL\texample.org/z\t0.100s\n";
    let real = "--- FAIL: TestA (0.00s)\n--- FAIL: TestB (0.00s)\n--- FAIL: TestC (0.00s)\nFAIL\nFAIL\texample.org/m\t0.010s\n";
    check(
        parse,
        &format!("--- FAIL: TestZ (0.00s)\nsaid {printed}{real}"),
        expect![[r#"
            passed: Some(0)
            - [example.org/m] TestZ | said === RUN   TestGhost
            - [example.org/m] TestA | -
            - [example.org/m] TestB | -
            - [example.org/m] TestC | FAIL
        "#]],
    );
}

#[test]
fn what_a_test_logs_or_prints_is_no_verdict() {
    check(
        parse,
        "    a_test.go:6: --- FAIL: TestLogged (0.00s)\n--- FAIL: TestReal (0.00s)\nFAIL\nFAIL\texample.org/m\t0.01s\n",
        expect![[r#"
            passed: Some(0)
            - [example.org/m] TestReal | FAIL
        "#]],
    );
    let event = |action: &str, test: &str| {
        format!("{{\"Action\":\"{action}\",\"Package\":\"m\",\"Test\":\"{test}\"}}\n")
    };
    let text = [event("run", "TestReal"), event("fail", "TestPrinted"), event("fail", "TestReal")].concat();
    check(
        parse,
        &format!("{text}{{\"Action\":\"fail\",\"Package\":\"m\"}}\n"),
        expect![[r#"
            passed: Some(0)
            - [m] TestReal | -
        "#]],
    );
}

#[test]
fn a_line_that_a_test_printed_is_neither_a_verdict_nor_a_package() {
    let names = |text: &str| {
        let report = parse(text);
        let names: Vec<String> = report.failing.into_iter().flatten().map(|one| one.name).collect();
        (names.join(", "), report.partial)
    };
    // A bare verdict beside one with its message, a package that passes, one that fails, and a nested name
    let plain = "--- FAIL: TestGhost (0.00s)\n--- FAIL: TestReal (0.00s)\n    a_test.go:4: got 2\nok  \tx.org/zzz\t0.010s\n\
                 FAIL\tx.org/zzz\t0.010s\n--- FAIL: TestReal/ghost (0.00s)\nFAIL\nFAIL\tx.org/m\t0.007s\nFAIL\n";
    assert_eq!(names(plain), ("TestReal".to_owned(), true));
    let slash = "--- FAIL: TestReal (0.00s)\n    --- FAIL: TestReal/with/slash (0.00s)\n        a_test.go:4: got 2\nFAIL\n\
                 FAIL\tx.org/m\t0.007s\n";
    assert_eq!(names(slash), ("TestReal/with/slash".to_owned(), false));
    // While a test runs, no package ends, but its process may
    let quoted = "=== RUN   TestRuns\nFAIL\nFAIL\tx.org/zzz\t0.010s\nok  \tx.org/zzz\t0.010s\n--- FAIL: TestRuns (0.00s)\n\
                  FAIL\nFAIL\tx.org/m\t0.007s\nFAIL\n";
    assert_eq!(names(quoted), ("TestRuns".to_owned(), false));
    let died = "=== RUN   TestExits\nFAIL\tx.org/m\t0.004s\nFAIL\n";
    assert_eq!(names(died), ("failed outside of its tests".to_owned(), true));
    // A package that passes has no failing test, whatever one printed
    let green = "--- FAIL: TestGhost (0.00s)\nPASS\nok  \tx.org/m\t0.003s\n";
    assert_eq!(names(green), (String::new(), false));
}

#[test]
fn the_messages_of_a_compiler_end_at_the_first_verdict() {
    check(
        parse,
        "# x.org/d [x.org/d.test]\nd/d.go:2:23: undefined: y\n--- FAIL: TestP (0.00s)\npanic: no [recovered]\n\npanic: no\n\n\
         goroutine 7 [running]:\nFAIL\tx.org/c\t0.005s\nFAIL\tx.org/d [build failed]\nFAIL\n",
        expect![[r#"
            passed: Some(0) (partial)
            - [x.org/c] TestP | panic: no [recovered]
            - [x.org/d] build failed @ d/d.go:2 | d/d.go:2:23: undefined: y
        "#]],
    );
}
