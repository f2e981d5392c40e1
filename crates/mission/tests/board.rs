//! The board of a state.

mod support;

use mission::{Board, Event, Policy, Role};
use support::Mission;

fn asked(task: Option<&str>, role: Role, at_ms: u64) -> Event {
    Event::RoleAsked {
        role,
        task: task.map(str::to_string),
        attempt: 1,
        at_ms,
        draw: 1,
        model: None,
        session: Some(format!("ses-{role}")),
        worker: None,
    }
}

#[test]
fn it_names_who_works_where_since_when_and_what_is_next() {
    let mut mission = Mission::briefed(Policy { cost_usd: Some(5.0), ..Policy::default() });
    mission.tell(asked(None, Role::Planner, 1_500));
    assert_eq!(Board::of(&mission.state, 2_000).seat.map(|seat| seat.role), Some(Role::Planner));

    mission.plan(None, "a: a\nb: b; a\nc: c");
    let board = Board::of(&mission.state, 2_000);
    assert_eq!(board.next, ["a", "c"], "what waits for another task is not next");

    mission.start("a");
    mission.tell(asked(Some("a"), Role::Coder, 2_500));
    let board = Board::of(&mission.state, 3_000);
    assert!(board.seat.is_none(), "a task is at work, so nobody is for the whole");
    let a = &board.tasks[0];
    assert_eq!((a.role, a.session.as_deref()), (Some(Role::Coder), Some("ses-coder")));
    assert_eq!((a.started_ms, a.last_activity_ms), (Some(2_000), Some(2_500)));
    assert_eq!(board.tasks[1].started_ms, None);
    assert_eq!(board.budget.cost_usd, Some(5.0));

    mission.submit("a");
    mission.pass("a");
    mission.integrate(&["a"]);
    assert_eq!(Board::of(&mission.state, 5_000).next, ["b", "c"]);

    let json = serde_json::to_string(&Board::of(&mission.state, 5_000)).unwrap();
    let read: Board = serde_json::from_str(&json).unwrap();
    assert_eq!(read, Board::of(&mission.state, 5_000), "what is written can be read");
}
