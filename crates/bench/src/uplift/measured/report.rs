//! The measurements as Markdown, JSON and a plot.
//!
//! `bench_uplift` prints and writes it; the numbers come from `stats` and `predict`. It plays nothing and writes no
//! file. Every table must have the line that says that the models are simulated.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Value, json};

use super::stats::{Share, Sum, Tries, formula, formula_of_tasks, share};
use crate::plot::{Axis, PlotError, Series, lines};
use crate::uplift::grid::{Point, Way};
use crate::uplift::predict::Predicted;
use crate::uplift::rates::Rates;

pub const FIRST_LINE: &str =
    "The models in this measurement are simulated: no language model was asked for any of these numbers.";

/// A point with its results and its prediction.
pub type Measured<'a> = (&'a Point, &'a Sum, Option<Predicted>);

fn predicted(point: &Point, sum: &Sum) -> Option<(f64, f64)> {
    let Way::Engine(configuration) = point.way else { return None };
    let tries =
        Tries { fixes: configuration.fixes, fresh: configuration.fresh, splits: configuration.splits };
    let (p, r, f) = (f64::from(point.p) / 1000.0, sum.r(), sum.f());
    // If no wrong answer was judged, none was let through
    let f = if f.is_nan() { 0.0 } else { f };
    Some((formula(p, r, f, tries, point.n), formula_of_tasks(Rates::new(p), r, f, tries, point.n)))
}

/// A table with one line per point.
pub fn table(measured: &[Measured<'_>]) -> String {
    let mut text = String::from(
        "| p | tasks | way | missions | delivered and right | delivered and wrong | honestly incomplete | calls a mission \
         | of a perfect pass | tokens a mission | f | r | formula | formula, tasks differ | chain: right | chain: wrong |\n\
         |---:|---:|---:|---:|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (point, sum, chain) in measured.iter().filter(|(_, sum, _)| sum.missions > 0) {
        let missions = sum.missions as f64;
        let (perfect, plain, of_tasks) = match predicted(point, sum) {
            Some((plain, of_tasks)) => {
                let perfect = point.way.configuration().perfect_pass(point.n) as f64;
                let times = format!("{:.2}", sum.calls as f64 / missions / perfect);
                let fits = if sum.delivered_right().contains(of_tasks) { "" } else { " (outside)" };
                (times, percent(plain), format!("{}{fits}", percent(of_tasks)))
            }
            None => (String::new(), String::new(), String::new()),
        };
        let said = |value: f64, measured: Share| {
            let fits = if measured.contains(value) { "" } else { " (outside)" };
            format!("{}{fits}", percent(value))
        };
        let right = chain.map_or_else(String::new, |chain| said(chain.right, sum.delivered_right()));
        let wrong = chain.map_or_else(String::new, |chain| said(chain.wrong, sum.delivered_wrong()));
        let _ = writeln!(
            text,
            "| {:.2} | {} | {}{} | {} | {} | {} | {} | {:.1} | {perfect} | {:.0} k | {} | {} | {plain} | {of_tasks} | {right} | {wrong} |",
            f64::from(point.p) / 1000.0,
            point.n,
            point.way.name(),
            if point.whole { ", with files" } else { "" },
            sum.missions,
            interval(sum.delivered_right()),
            interval(sum.delivered_wrong()),
            interval(share(sum.incomplete, sum.missions)),
            sum.calls as f64 / missions,
            sum.tokens as f64 / missions / 1000.0,
            rate(sum.f()),
            rate(sum.r()),
        );
    }
    text
}

/// Which kinds of wrong answers get through and which gates catch them, over all points of a way.
pub fn blame(measured: &[Measured<'_>], way: Way) -> String {
    let mut text = String::new();
    let mut all = Sum::default();
    for (_, sum, _) in measured.iter().filter(|(point, ..)| point.way == way) {
        for (into, from) in [
            (&mut all.let_through, &sum.let_through),
            (&mut all.caught, &sum.caught),
            (&mut all.rejected, &sum.rejected),
            (&mut all.incomplete_for, &sum.incomplete_for),
        ] {
            for (name, count) in from {
                *into.entry(name.clone()).or_default() += count;
            }
        }
        all.wrong_judged += sum.wrong_judged;
        all.right_judged += sum.right_judged;
        all.incomplete += sum.incomplete;
        all.troubles += sum.troubles;
    }
    let _ = writeln!(text, "{}:", way.name());
    for (title, counts, of) in [
        ("wrong answers that were let through, by fault", &all.let_through, all.wrong_judged),
        ("wrong answers that were caught, by gate", &all.caught, all.wrong_judged),
        ("right answers that were rejected, by gate", &all.rejected, all.right_judged),
        ("missions that are incomplete, by what they lack", &all.incomplete_for, all.incomplete),
    ] {
        let _ = writeln!(text, "- {title} (of {of}): {}", most(counts));
    }
    if all.troubles > 0 {
        let _ = writeln!(text, "- missions that were paused or did not end: {}", all.troubles);
    }
    text
}

fn most(counts: &BTreeMap<String, u64>) -> String {
    let mut all: Vec<(&String, &u64)> = counts.iter().collect();
    all.sort_by_key(|(name, count)| (std::cmp::Reverse(**count), (*name).clone()));
    if all.is_empty() {
        return "none".into();
    }
    all.iter().take(12).map(|(name, count)| format!("{name} {count}")).collect::<Vec<_>>().join(", ")
}

/// Each goal with its result.
pub fn goals(measured: &[Measured<'_>]) -> String {
    let mut text = String::new();
    let said = |met: bool| if met { "met" } else { "**missed**" };
    let at = |p: u32, n: usize| {
        measured.iter().filter(move |(point, sum, _)| {
            point.p == p
                && point.n == n
                && sum.missions > 0
                && matches!(point.way, Way::Engine(_))
                && !point.whole
        })
    };
    for (p, goal) in [(700, 0.95), (500, 0.85)] {
        for (point, sum, _) in at(p, 20) {
            let right = sum.delivered_right();
            let _ = writeln!(
                text,
                "- {}: delivered and right at p = {:.1}, n = 20: {} (goal {}): {}",
                point.way.name(),
                f64::from(p) / 1000.0,
                interval(right),
                percent(goal),
                said(right.value >= goal)
            );
        }
    }
    for (point, sum, _) in at(700, 20) {
        let perfect = point.way.configuration().perfect_pass(20) as f64;
        let times = sum.calls as f64 / sum.missions as f64 / perfect;
        let _ = writeln!(
            text,
            "- {}: calls at p = 0.7, n = 20: {times:.2} times those of a perfect pass (goal 3): {}",
            point.way.name(),
            said(times <= 3.0)
        );
    }
    let engine: Vec<&Measured<'_>> = measured
        .iter()
        .filter(|(point, sum, _)| matches!(point.way, Way::Engine(_)) && sum.missions > 0 && !point.whole)
        .collect();
    let names: std::collections::BTreeSet<&str> = engine.iter().map(|(point, ..)| point.way.name()).collect();
    for name in names {
        let of_way = || engine.iter().filter(|(point, ..)| point.way.name() == name);
        let (mut kept, mut all, mut fits, mut chained, mut chains) = (0, 0, 0, 0, 0);
        for (point, sum, chain) in of_way() {
            let same = |(other, ..): &&Measured<'_>| {
                other.way == Way::RetryOnTests && other.p == point.p && other.n == point.n
            };
            if let Some((_, retry, _)) = measured.iter().find(same) {
                all += 1;
                kept += u32::from(sum.delivered_wrong().value <= retry.delivered_wrong().value / 10.0);
            }
            if let Some(chain) = chain {
                chains += 1;
                chained += u32::from(sum.delivered_right().contains(chain.right));
            }
            fits += u32::from(predicted(point, sum).is_some_and(|(_, p)| sum.delivered_right().contains(p)));
        }
        let _ = writeln!(
            text,
            "- {name}: delivered and wrong at most a tenth of what retrying on tests delivers wrong, at {kept} of {all} points: {}",
            said(kept == all)
        );
        let count = u32::try_from(of_way().count()).unwrap_or(u32::MAX);
        let _ = writeln!(
            text,
            "- {name}: the formula (with tasks that differ) within the 95 % interval at {fits} of {count} points: {}",
            said(fits == count)
        );
        let _ = writeln!(
            text,
            "- {name}: the chain within the 95 % interval at {chained} of {chains} points: {}",
            said(chained == chains && chains > 0)
        );
    }
    text
}

/// Delivered and right by p, for missions of `n`.
pub fn plot(measured: &[Measured<'_>], n: usize) -> Result<String, PlotError> {
    let mut ways: Vec<&str> = Vec::new();
    for (point, ..) in measured {
        if !ways.contains(&point.way.name()) {
            ways.push(point.way.name());
        }
    }
    let series: Vec<Series> = ways
        .into_iter()
        .map(|way| Series {
            name: way.to_string(),
            points: measured
                .iter()
                .filter(|(point, sum, _)| {
                    point.way.name() == way && point.n == n && !point.whole && sum.missions > 0
                })
                .map(|(point, sum, _)| (f64::from(point.p) / 1000.0, 100.0 * sum.delivered_right().value))
                .collect(),
        })
        .collect();
    let title = format!("Simulated models: missions of {n} tasks delivered and right");
    lines(
        &title,
        Axis::linear("chance that one answer is right"),
        Axis::linear("missions delivered and right, %"),
        &series,
    )
}

pub fn to_json(measured: &[Measured<'_>]) -> Value {
    let points: Vec<Value> = measured
        .iter()
        .filter(|(_, sum, _)| sum.missions > 0)
        .map(|(point, sum, chain)| {
            let interval =
                |share: Share| json!({ "value": share.value, "low": share.low, "high": share.high });
            let predicted = predicted(point, sum);
            json!({
                "p": f64::from(point.p) / 1000.0,
                "tasks": point.n,
                "way": point.way.name(),
                "with_files": point.whole,
                "missions": sum.missions,
                "delivered_right": interval(sum.delivered_right()),
                "delivered_wrong": interval(sum.delivered_wrong()),
                "incomplete": interval(share(sum.incomplete, sum.missions)),
                "incomplete_with_something_wrong": sum.incomplete_wrong,
                "calls": sum.calls,
                "tokens": sum.tokens,
                "wrong_judged": sum.wrong_judged,
                "wrong_accepted": sum.wrong_accepted,
                "right_judged": sum.right_judged,
                "right_accepted": sum.right_accepted,
                "let_through": sum.let_through,
                "caught": sum.caught,
                "rejected": sum.rejected,
                "incomplete_for": sum.incomplete_for,
                "formula": predicted.map(|(plain, _)| plain),
                "formula_of_tasks": predicted.map(|(_, of_tasks)| of_tasks),
                "chain": chain.map(|chain| json!({
                    "right": chain.right, "wrong": chain.wrong, "incomplete": chain.incomplete,
                })),
            })
        })
        .collect();
    json!({ "note": FIRST_LINE, "points": points })
}

fn percent(value: f64) -> String {
    format!("{:.1} %", 100.0 * value)
}

fn rate(value: f64) -> String {
    if value.is_nan() { String::new() } else { format!("{value:.4}") }
}

fn interval(share: Share) -> String {
    format!("{:.1} % ({:.1}–{:.1})", 100.0 * share.value, 100.0 * share.low, 100.0 * share.high)
}
