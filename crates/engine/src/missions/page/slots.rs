//! The timeline: which role worked in which slot and when, and how long each task waited for what.
//!
//! It shows only what the events contain.

use std::collections::BTreeMap;
use std::fmt::Write;

use mission::{Event, State, TaskId};

use super::markup::escaped;
use crate::text::duration;

/// Pixels of the picture.
const WIDTH: u64 = 900;
const ROW: usize = 26;
const LEFT: u64 = 60;
/// The most bars that are drawn.
const MAX_BARS: usize = 2000;

struct Bar {
    task: TaskId,
    slot: u32,
    kind: &'static str,
    from: u64,
    to: u64,
}

/// When a task could begin, and when it began.
#[derive(Default)]
struct Wait {
    planned: u64,
    free: u64,
    last: Option<TaskId>,
    begun: Option<u64>,
}

pub(super) fn draw(page: &mut String, state: &State, events: &[Event], now_ms: u64) {
    page.push_str("<h2 id=\"slots\">Slots</h2>\n");
    let (bars, waits) = read(state, events, now_ms);
    let begun = state.started_ms;
    let span = bars.iter().map(|bar| bar.to).max().unwrap_or(begun).saturating_sub(begun).max(1);
    if bars.is_empty() {
        page.push_str("<p>No task began.</p>\n");
        return;
    }
    let mut slots: Vec<u32> = bars.iter().map(|bar| bar.slot).collect();
    slots.sort_unstable();
    slots.dedup();
    let height = slots.len() * ROW + 30;
    let _ = writeln!(
        page,
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Timeline of slots\">\n<svg \
         xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {height}\" width=\"{0}\" height=\"{height}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"12\" role=\"img\" aria-label=\"Timeline of slots; the table below says \
         the same\">",
        WIDTH + LEFT + 10
    );
    let _ = writeln!(page, "<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>");
    for (row, slot) in slots.iter().enumerate() {
        let y = row * ROW + 18;
        let _ = writeln!(page, "<text x=\"6\" y=\"{y}\" fill=\"#222222\">slot {slot}</text>");
    }
    for bar in &bars {
        let row = slots.iter().position(|slot| *slot == bar.slot).unwrap_or_default();
        let x = LEFT + bar.from.saturating_sub(begun).saturating_mul(WIDTH) / span;
        let wide = (bar.to.saturating_sub(bar.from).saturating_mul(WIDTH) / span).max(2);
        let (y, task) = (row * ROW + 4, escaped(&bar.task));
        let fill = if bar.kind == "tests" { "#d8ecf8" } else { "#fdf0c9" };
        let took = duration(bar.to.saturating_sub(bar.from));
        let _ = writeln!(
            page,
            "<g><title>{task}: {}, {took}</title><rect x=\"{x}\" y=\"{y}\" width=\"{wide}\" height=\"20\" rx=\"3\" fill=\"{fill}\" \
             stroke=\"#94700c\"/>{}</g>",
            bar.kind,
            // Names that do not fit are in the title and in the table
            if wide > 8 * bar.task.len() as u64 {
                format!("<text x=\"{}\" y=\"{}\" fill=\"#222222\">{task}</text>", x + 4, y + 14)
            } else {
                String::new()
            }
        );
    }
    let end = LEFT + WIDTH;
    let _ = writeln!(
        page,
        "<text x=\"{LEFT}\" y=\"{0}\" fill=\"#555555\">0 s</text><text x=\"{end}\" y=\"{0}\" text-anchor=\"end\" fill=\"#555555\">{1}\
         </text>\n</svg>\n</div>",
        height - 6,
        duration(span)
    );
    page.push_str(
        "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"What tasks waited for\"><table><caption>What tasks waited \
         for</caption>\n<thead><tr><th scope=\"col\">task</th><th scope=\"col\">for other tasks</th><th scope=\"col\">for a \
         slot</th></tr></thead>\n<tbody>\n",
    );
    for (task, wait) in waits.iter().filter(|(_, wait)| wait.begun.is_some()) {
        let begun = wait.begun.unwrap_or_default();
        let others = match &wait.last {
            Some(last) => format!("{}, last for {last}", duration(wait.free.saturating_sub(wait.planned))),
            None => "not at all".into(),
        };
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>",
            escaped(task),
            escaped(others),
            duration(begun.saturating_sub(wait.free))
        );
    }
    page.push_str("</tbody></table></div>\n");
}

fn read(state: &State, events: &[Event], now_ms: u64) -> (Vec<Bar>, BTreeMap<TaskId, Wait>) {
    let (mut bars, mut waits): (Vec<Bar>, BTreeMap<TaskId, Wait>) = (Vec::new(), BTreeMap::new());
    let mut open: BTreeMap<TaskId, Bar> = BTreeMap::new();
    let mut at = state.started_ms;
    for event in events {
        at = event.at_ms().unwrap_or(at).max(at);
        match event {
            Event::PlanAccepted { plan, .. } | Event::PlanAmended { plan, .. } => {
                for task in &plan.tasks {
                    waits.entry(task.id.clone()).or_insert(Wait { planned: at, free: at, ..Wait::default() });
                }
            }
            Event::Integrated { tasks, .. } => {
                for done in tasks {
                    let waiting = state.tasks.values().filter(|task| task.depends_on.contains(done));
                    for task in waiting {
                        if let Some(wait) = waits.get_mut(&task.id).filter(|wait| wait.begun.is_none()) {
                            (wait.free, wait.last) = (at, Some(done.clone()));
                        }
                    }
                }
            }
            Event::AttemptStarted { task, slot, .. } | Event::TestsStarted { task, slot, .. } => {
                let kind = if matches!(event, Event::TestsStarted { .. }) { "tests" } else { "work" };
                if let Some(wait) = waits.get_mut(task) {
                    wait.begun.get_or_insert(at);
                }
                bars.extend(open.remove(task).map(|bar| Bar { to: at, ..bar }));
                let bar = Bar { task: task.clone(), slot: *slot, kind, from: at, to: at };
                open.insert(task.clone(), bar);
            }
            Event::TaskPassed { task, .. }
            | Event::TestsWritten { task, .. }
            | Event::TaskAbandoned { task, .. }
            | Event::TaskCancelled { task, .. } => {
                bars.extend(open.remove(task).map(|bar| Bar { to: at, ..bar }));
            }
            Event::Paused { .. } | Event::Ended { .. } => {
                bars.extend(std::mem::take(&mut open).into_values().map(|bar| Bar { to: at, ..bar }));
            }
            _ => {}
        }
        if bars.len() >= MAX_BARS {
            break;
        }
    }
    bars.extend(open.into_values().map(|bar| Bar { to: now_ms.max(bar.from), ..bar }));
    (bars, waits)
}
