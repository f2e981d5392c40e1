//! The same model without the engine.

use std::sync::Arc;

use super::drawn::{self, Drawn, Slip};
use super::mission::{Ended, Setup, draw};
use super::model::Job;
use super::steps::ReleaseTask;
use super::verdicts::Verdicts;
use sim::Random;

/// Tokens of an answer without work.
const ASKED: u64 = 2_000;

/// Asks for each task once and delivers every answer.
pub fn one_attempt(setup: &Setup<'_>, verdicts: &Verdicts, n: usize, seed: u64) -> Result<Ended, String> {
    let job = job(setup, n, seed);
    let mut ended = Ended { done: true, ..Ended::default() };
    for (task, step) in &job.tasks {
        let mut random = job.random.fork(&format!("one attempt {task}"));
        let drawn = drawn::fresh(step.wrong.len(), job.chance(task), None, &mut random);
        spend(&mut ended, verdicts, step, drawn)?;
        count_integrated(&mut ended, step, drawn);
    }
    Ok(ended)
}

/// Repeats each task until the project's tests pass, with as many repairs and attempts as the
/// engine's ladder has.
pub fn retry_on_tests(setup: &Setup<'_>, verdicts: &Verdicts, n: usize, seed: u64) -> Result<Ended, String> {
    let job = job(setup, n, seed);
    let mut ended = Ended { done: true, ..Ended::default() };
    let configuration = setup.configuration;
    for (task, step) in &job.tasks {
        let mut random = job.random.fork(&format!("retry {task}"));
        let (chance, mut before, mut passed) = (job.chance(task), None, None);
        'attempts: for _ in 0..=configuration.fresh {
            let mut drawn = drawn::fresh(step.wrong.len(), chance, before, &mut random);
            for fix in 0..=configuration.fixes {
                spend(&mut ended, verdicts, step, drawn)?;
                count_judged(&mut ended, drawn);
                if verdicts.tests_pass(step, drawn) {
                    passed = Some(drawn);
                    break 'attempts;
                }
                if fix < configuration.fixes {
                    drawn = drawn::repaired(step.wrong.len(), chance, drawn, &mut random);
                }
            }
            before = Some(drawn);
        }
        match passed {
            Some(drawn) => {
                match drawn {
                    Drawn::Right => ended.right_accepted += 1,
                    _ => ended.wrong_accepted += 1,
                }
                count_integrated(&mut ended, step, drawn);
            }
            None => {
                ended.missing += 1;
                ended.done = false;
            }
        }
    }
    Ok(ended)
}

fn job(setup: &Setup<'_>, n: usize, seed: u64) -> Job {
    let random = Random::new(seed);
    Job::new(draw(setup.steps, n, &random), setup.rates, random.fork("job"))
}

fn count_judged(ended: &mut Ended, drawn: Drawn) {
    match drawn {
        Drawn::Right => ended.right_judged += 1,
        _ => ended.wrong_judged += 1,
    }
}

fn count_integrated(ended: &mut Ended, step: &ReleaseTask, drawn: Drawn) {
    match drawn {
        Drawn::Right => ended.right += 1,
        wrong => {
            ended.wrong += 1;
            *ended.let_through.entry(step.name_of(wrong).into()).or_default() += 1;
        }
    }
}

fn spend(
    ended: &mut Ended,
    verdicts: &Verdicts,
    step: &Arc<ReleaseTask>,
    drawn: Drawn,
) -> Result<(), String> {
    ended.calls += 1;
    ended.tokens += match drawn {
        Drawn::Slip(Slip::Prose | Slip::Claim) => ASKED,
        drawn => verdicts.of(step, drawn, false)?.coder,
    };
    Ok(())
}
