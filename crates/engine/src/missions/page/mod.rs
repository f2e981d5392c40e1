//! `report.html`: one file that needs no script and no network. The verdict comes first, the journal last. It shows the
//! state and the events, and decides nothing. Every text in it is escaped, and its size is bounded.

mod change;
mod markup;
pub(crate) mod picture;
mod slots;
mod tasks;

use std::fmt::Write;

use mission::{Board, Event, Outcome, State};

use markup::{escaped, marked};

use crate::actor::progress;
use crate::missions::report;
use crate::missions::report::verdict_line::verdict_line;
use crate::text::{cut, duration, state_for_readers};

const STYLE: &str = include_str!("style.css");
/// The most lines of the journal on the page (the first and the last ones), and the most bytes of each.
const MAX_JOURNAL: usize = 3000;
const MAX_LINE: usize = 300;
/// The most bytes of one task's part.
const MAX_TASK: usize = 60_000;
/// Bytes of the page after which no more tasks, and no more journal lines, are added: browsers cannot open a very large
/// page.
const TASKS_END: usize = 1_600_000;
const JOURNAL_END: usize = 1_950_000;

/// The change of each task as a diff; a task without one says so on the page.
pub(crate) type Diffs = std::collections::BTreeMap<String, String>;

pub(crate) fn html(state: &State, events: &[Event], diffs: &Diffs, now_ms: u64) -> String {
    let board = Board::of(state, now_ms);
    let headline = report::headline(state);
    let class = match state.outcome {
        Some(Outcome::Done) => "done",
        Some(_) => "failed",
        None => "open",
    };
    let verdict = verdict_line(state, &headline, now_ms).replace('`', "");
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>Mission {id}: {title}</title>\n<style>\n{STYLE}</style>\n\
         </head>\n<body>\n<main>\n<h1>Mission {id}</h1>\n<p class=\"verdict {class}\">{verdict}</p>\n<p \
         class=\"objective\">{objective}</p>\n",
        id = escaped(&state.mission),
        title = escaped(headline.replace("**", "")),
        verdict = escaped(&verdict),
        objective = escaped(cut(&state.objective, 4000)),
    );
    page.push_str(
        "<nav aria-label=\"Parts of this page\"><ul><li><a href=\"#summary\">Summary</a></li><li><a \
         href=\"#graph\">Graph</a></li><li><a href=\"#slots\">Slots</a></li><li><a href=\"#cost\">Cost</a></li><li><a \
         href=\"#tasks\">Tasks</a></li><li><a href=\"#journal\">Journal</a></li></ul></nav>\n",
    );
    summary(&mut page, state, now_ms);
    page.push_str("<h2 id=\"graph\">Task graph</h2>\n<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"Task graph\">\n");
    page.push_str(&picture::svg::draw(&picture::nodes(state, &board)));
    page.push_str("</div>\n");
    slots::draw(&mut page, state, events, now_ms);
    cost(&mut page, state, &board);
    page.push_str("<h2 id=\"tasks\">Tasks</h2>\n");
    for (n, task) in state.order.iter().filter_map(|id| state.tasks.get(id)).enumerate() {
        if page.len() > TASKS_END {
            let more = state.order.len().saturating_sub(n);
            let _ = writeln!(page, "<p>{more} more tasks are only in the table above.</p>");
            break;
        }
        // Every task gets an equal part of the room that is left
        let left = state.order.len().saturating_sub(n).max(1);
        let room = (TASKS_END.saturating_sub(page.len()) / left).min(MAX_TASK);
        tasks::draw(&mut page, state, task, diffs.get(&task.id).map(String::as_str), room);
    }
    journal(&mut page, events);
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// The sentences of the answer: what was verified, what was not, what was not done.
fn summary(page: &mut String, state: &State, now_ms: u64) {
    page.push_str("<h2 id=\"summary\">Summary</h2>\n");
    let answer = report::answer(state, now_ms);
    let mut lines: Vec<&str> = answer.trim().lines().collect();
    // The verdict is already above
    lines.pop();
    let mut list = false;
    for line in lines.iter().map(|line| line.trim_end()).filter(|line| !line.is_empty()) {
        match line.strip_prefix("- ") {
            Some(item) => {
                if !std::mem::replace(&mut list, true) {
                    page.push_str("<ul>\n");
                }
                let _ = writeln!(page, "<li>{}</li>", marked(item));
            }
            None => {
                if std::mem::take(&mut list) {
                    page.push_str("</ul>\n");
                }
                let _ = writeln!(page, "<p>{}</p>", marked(line));
            }
        }
    }
    if list {
        page.push_str("</ul>\n");
    }
}

fn cost(page: &mut String, state: &State, board: &Board) {
    page.push_str("<h2 id=\"cost\">Cost</h2>\n");
    let row = |name: &str, state: &str, usage: &mission::Usage| {
        format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td><td \
             class=\"number\">${:.4}</td></tr>\n",
            escaped(name),
            escaped(state),
            usage.calls,
            usage.tokens.total(),
            usage.cost_usd
        )
    };
    let heads = |what: &str| {
        format!(
            "<thead><tr><th scope=\"col\">{what}</th><th scope=\"col\">state</th><th scope=\"col\" class=\"number\">calls</th>\
             <th scope=\"col\" class=\"number\">tokens</th><th scope=\"col\" class=\"number\">US dollars</th></tr></thead>\n"
        )
    };
    let table = |label: &str, what: &str, rows: String| {
        format!(
            "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\"><table><caption>{label}</caption>\n{}<tbody>\
             \n{rows}</tbody></table></div>\n",
            heads(what)
        )
    };
    let mut rows: String =
        state.usage_by_role.iter().map(|(role, usage)| row(&role.to_string(), "", usage)).collect();
    rows.push_str(&row("all", "", &state.usage));
    page.push_str(&table("By role", "role", rows));
    let rows: String =
        board.tasks.iter().map(|task| row(&task.id, &state_for_readers(&task.state), &task.usage)).collect();
    page.push_str(&table("By task", "task", rows));
}

fn journal(page: &mut String, events: &[Event]) {
    let _ = write!(
        page,
        "<h2 id=\"journal\">Journal</h2>\n<details><summary>{} events</summary>\n<ol class=\"journal\">\n",
        events.len()
    );
    let mut state = State::default();
    let left_out = MAX_JOURNAL / 2..events.len().saturating_sub(MAX_JOURNAL / 2);
    for (n, event) in events.iter().enumerate() {
        if let Some(line) =
            progress::line(&state, event).filter(|_| !left_out.contains(&n) && page.len() < JOURNAL_END)
        {
            let seconds =
                state.seen_ms.max(event.at_ms().unwrap_or_default()).saturating_sub(state.started_ms);
            let time = if n == 0 { String::new() } else { format!("{} ", duration(seconds)) };
            let text = cut(line.trim_start_matches("- ").trim_end(), MAX_LINE);
            let _ = writeln!(
                page,
                "<li value=\"{}\"><span class=\"soft\">{time}</span>{}</li>",
                n + 1,
                marked(&text)
            );
        }
        state.apply(event);
    }
    page.push_str("</ol>\n");
    if !left_out.is_empty() {
        let _ =
            writeln!(page, "<p>{} events are left out here; <code>log</code> lists all.</p>", left_out.len());
    }
    page.push_str("</details>\n");
}

#[cfg(test)]
mod tests;
