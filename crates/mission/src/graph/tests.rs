//! Plans as lines of text, and what `graph` says of them.

use std::collections::BTreeSet;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::{Checked, check as check_plan, too_large};
use crate::mailbox::{Plan, PlannedTask};
use crate::{Policy, TaskId};

/// A plan from lines `id: files; depends on; group`, one per task; a `+` before the id makes the task compound.
fn plan(text: &str) -> Plan {
    let words = |part: &str| part.split_whitespace().map(str::to_string).collect::<Vec<_>>();
    let task = |line: &str| {
        let (id, rest) = line.split_once(':').unwrap();
        let mut parts = rest.split(';');
        let mut next = || words(parts.next().unwrap_or_default());
        let id = id.trim();
        PlannedTask {
            id: id.trim_start_matches('+').into(),
            title: "a task".into(),
            instructions: "do it".into(),
            files: next(),
            depends_on: next(),
            acceptance: vec!["it is done".into()],
            group: next().pop(),
            compound: id.starts_with('+'),
            ..PlannedTask::default()
        }
    };
    Plan { tasks: text.lines().filter(|l| !l.trim().is_empty()).map(task).collect(), ..Plan::default() }
}

fn outcome(result: Result<Checked, Vec<String>>) -> String {
    match result {
        Ok(Checked { plan, notes }) => {
            let task = |t: &PlannedTask| format!("{} <- {}\n", t.id, t.depends_on.join(" "));
            let notes = notes.iter().map(|n| format!("note: {n}\n"));
            plan.tasks.iter().map(task).chain(notes).collect()
        }
        Err(problems) => problems.iter().map(|p| format!("{p}\n")).collect(),
    }
}

fn check(text: &str, expected: Expect) {
    let policy = Policy { max_tasks: 20, max_files: 3, max_depth: 2, ..Policy::default() };
    let taken = BTreeSet::from(["used".to_string()]);
    expected.assert_eq(&outcome(check_plan(plan(text), &policy, &taken, 0)));
}

#[test]
fn a_plan_that_stands_is_left_as_it_is() {
    check(
        "a: a.ts\nb: b.ts; a\nc: c.ts; a\nd: d.ts; b c",
        expect![[r#"
            a <- 
            b <- a
            c <- a
            d <- b c
        "#]],
    );
}

#[test]
fn a_circle_is_named_in_the_order_in_which_its_tasks_wait() {
    // The shortest circle, without the tasks that only depend on it
    check(
        "x: x.ts; a\na: a.ts; b\nb: b.ts; c\nc: c.ts; a\nd: d.ts; c",
        expect![[r#"
        the tasks wait for each other in a circle: b → c → a → b (→ is "waits for"); remove one of these `depends_on`
    "#]],
    );
    check(
        "a: a.ts; a",
        expect![[r#"
        the tasks wait for each other in a circle: a → a (→ is "waits for"); remove one of these `depends_on`
    "#]],
    );
}

#[test]
fn dependencies_are_tasks_of_the_plan() {
    check(
        "a: a.ts; b used",
        expect![[r#"
        task `a` depends on `b`, which is no task of this plan; its tasks are `a`
        task `a` depends on `used`, which is no task of this plan; its tasks are `a`
    "#]],
    );
}

#[test]
fn ids_are_well_formed_new_and_unique() {
    check(
        "A b: a.ts\nused: b.ts\nc: c.ts\nc: d.ts",
        expect![[r#"
        `tasks[0].id` is `A b`; ids are [a-z0-9][a-z0-9_-]{0,31}
        `tasks[1].id`: the mission has a task `used` already; choose another id
        `tasks[3].id`: `c` is used twice; ids are unique
    "#]],
    );
}

#[test]
fn files_stay_in_the_project_and_away_from_configuration() {
    check(
        "a: /etc/passwd ../x src/../../y\nb: .git/config .opencode/x.js opencode.json\nc: ./src//c.ts src/c.ts",
        expect![[r#"
            task `a`, `files`: `/etc/passwd` is an absolute path; name it relative to the project's root
            task `a`, `files`: `../x` leads out of the project
            task `a`, `files`: `src/../../y` leads out of the project
            task `b`, `files`: `.git/config`: git's own folder is never written by a mission
            task `b`, `files`: `.opencode/x.js`: OpenCode's configuration is the user's and never written by a mission
            task `b`, `files`: `opencode.json`: OpenCode's configuration is the user's and never written by a mission
        "#]],
    );
}

#[test]
fn a_task_is_too_large_by_what_its_files_hold() {
    let policy = Policy { max_lines: 1_000, ..Policy::default() };
    let lines = |file: &str| match file {
        "new.ts" => None,
        "picture.png" => Some(0),
        "long.ts" => Some(5_000),
        _ => Some(600),
    };
    let told = |text: &str| too_large(&plan(text), &policy, lines).join("\n");
    assert_eq!(
        told(
            "a: a.ts b.ts\nb: c.ts new.ts picture.png\nc: long.ts\nd: long.ts new.ts\ne: long.ts c.ts d.ts\n+f: a.ts long.ts"
        ),
        "task `a` is too large: 2 of its files hold 1200 lines now; at most 1000 for one coder: split it by files into about 2, \
         or mark it `compound`\n\
         task `e` is too large: 3 of its files hold 6200 lines now; at most 1000 for one coder: split it by files into about 3, \
         or mark it `compound`"
    );
}

/// The default allows four nested plans: a compound task of the third plan has its tasks in the fourth.
#[test]
fn plans_nest_four_deep() {
    let stands = |depth| check_plan(plan("+a: src/**"), &Policy::default(), &BTreeSet::new(), depth).is_ok();
    assert_eq!([0, 1, 2, 3, 4].map(stands), [true, true, true, false, false]);
}

#[test]
fn only_compound_tasks_name_patterns() {
    check(
        "a: src/*.ts app/[id]/*.tsx app/[id]/page.tsx\n+b: src/**/*.ts",
        expect![[r#"
        task `a`, `files`: `src/*.ts` is a pattern; name files, or mark the task `compound`
        task `a`, `files`: `app/[id]/*.tsx` is a pattern; name files, or mark the task `compound`
    "#]],
    );
}

#[test]
fn what_is_too_large_is_sent_back() {
    check(
        "a: 1 2 3 4\n+b: 1 2 3 4",
        expect![[r#"
        task `a` is too large (4 files; at most 3): split it, or mark it `compound`
    "#]],
    );
    let many: String = (0..21).map(|i| format!("t{i}: f{i}\n")).collect();
    check(
        &many,
        expect![[r#"
        the plan has 21 tasks; at most 20 are accepted: join small ones, or mark a large one `compound` so that it gets a plan of its own when it is due
    "#]],
    );
    check(
        "",
        expect![[r#"
        the plan has no task: name at least one
    "#]],
    );
    let wrong: String = (0..20).map(|i| format!("t{i}:\n")).collect();
    check(
        &wrong,
        expect![[r#"
        task `t0` names no `files`
        task `t1` names no `files`
        task `t2` names no `files`
        task `t3` names no `files`
        task `t4` names no `files`
        task `t5` names no `files`
        task `t6` names no `files`
        task `t7` names no `files`
        task `t8` names no `files`
        task `t9` names no `files`
        task `t10` names no `files`
        task `t11` names no `files`
        and 8 more of this kind
    "#]],
    );
}

#[test]
fn plans_nest_only_so_deep() {
    let policy = Policy { max_depth: 2, ..Policy::default() };
    let at = |depth| outcome(check_plan(plan("+a: a/**"), &policy, &BTreeSet::new(), depth));
    expect![[r#"
        a <- 
        task `a` is compound, but plans nest at most 2 deep: name its tasks here instead
    "#]]
    .assert_eq(&format!("{}{}", at(0), at(1)));
}

#[test]
fn writers_of_one_file_get_an_order() {
    // In the order of the plan, after their dependencies, and only if they have no order yet
    check(
        "a: x\nb: x y\nc: y; d\nd: d\ne: x; b",
        expect![[r#"
        a <- 
        b <- a
        c <- d b
        d <- 
        e <- b
        note: `b` runs after `a`: both write x
        note: `c` runs after `b`: both write y
    "#]],
    );
}

#[test]
fn groups_land_without_waiting_for_themselves() {
    check(
        "a: a; ; g\nb: b; a; g\nc: c; b",
        expect![[r#"
        a <- 
        b <- a
        c <- b
    "#]],
    );
    check(
        "a: a; ; g\nb: b; a\nc: c; b; g",
        expect![[r#"
        group `g` would wait for itself: its tasks are integrated together, but a task outside it stands between them; put that task into the group, or drop the group
    "#]],
    );
    // The order of writers keeps the group together
    check(
        "a: x; ; g\nb: x\nc: x; ; g",
        expect![[r#"
        a <- 
        b <- c
        c <- a
        note: `c` runs after `a`: both write x
        note: `b` runs after `c`: both write x
    "#]],
    );
}

#[test]
fn a_plan_cannot_say_what_is_the_engines_to_say() {
    let mut plan = plan("a: a\nb: b; a");
    plan.tasks[1].runs_after = vec!["a".into()];
    let checked = check_plan(plan, &Policy::default(), &BTreeSet::new(), 0).unwrap();
    assert!(checked.plan.tasks[1].runs_after.is_empty());
}

type Dreamt = (Vec<u8>, Vec<usize>, Option<u8>, bool);

fn any_plan() -> impl Strategy<Value = Plan> {
    let task = (
        prop::collection::vec(0..6_u8, 0..4),
        prop::collection::vec(0..12_usize, 0..3),
        prop::option::weighted(0.3, 0..2_u8),
        prop::bool::weighted(0.1),
    );
    prop::collection::vec(task, 1..12).prop_map(|tasks| {
        let named = |(i, (files, deps, group, compound)): (usize, Dreamt)| {
            PlannedTask {
                id: format!("t{i}"),
                instructions: "do it".into(),
                files: files.iter().map(|f| format!("f{f}")).chain([format!("own{i}")]).collect(),
                // Mostly on earlier tasks, so that many plans are valid
                depends_on: deps.iter().filter(|d| **d < i || **d == 11).map(|d| format!("t{d}")).collect(),
                acceptance: vec!["it is done".into()],
                group: group.map(|g| format!("g{g}")),
                compound,
                ..PlannedTask::default()
            }
        };
        Plan { tasks: tasks.into_iter().enumerate().map(named).collect(), ..Plan::default() }
    })
}

/// Whether `id` comes after `on`, over any number of steps.
fn after(plan: &Plan, id: &str, on: &str) -> bool {
    let mut stack: Vec<&TaskId> =
        plan.tasks.iter().filter(|t| t.id == id).flat_map(|t| &t.depends_on).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = stack.pop() {
        if id == on {
            return true;
        }
        if seen.insert(id) {
            stack.extend(plan.tasks.iter().filter(|t| t.id == *id).flat_map(|t| &t.depends_on));
        }
    }
    false
}

proptest! {
    #[test]
    fn what_stands_has_no_circle_and_every_two_writers_have_an_order(plan in any_plan()) {
        let policy = Policy::default();
        let Ok(Checked { plan, .. }) = check_plan(plan, &policy, &BTreeSet::new(), 0) else { return Ok(()) };
        for a in &plan.tasks {
            prop_assert!(!after(&plan, &a.id, &a.id));
            for b in plan.tasks.iter().filter(|b| b.id != a.id) {
                let shared = a.files.iter().any(|f| b.files.contains(f));
                prop_assert!(!shared || after(&plan, &a.id, &b.id) || after(&plan, &b.id, &a.id));
            }
        }
        // Checking it again changes nothing: the orders exist
        let again = check_plan(plan.clone(), &policy, &BTreeSet::new(), 0).unwrap();
        prop_assert!(again.notes.is_empty(), "{:?}", again.notes);
    }

    /// Whether a plan is valid depends on what the model wrote, never on the orders that the engine adds.
    #[test]
    fn orders_of_writers_refuse_no_plan(plan in any_plan()) {
        let mut apart = plan.clone();
        for task in &mut apart.tasks {
            task.files = vec![format!("only-{}", task.id)];
        }
        let policy = Policy::default();
        let result = |plan| check_plan(plan, &policy, &BTreeSet::new(), 0).is_ok();
        prop_assert_eq!(result(plan), result(apart));
    }
}
