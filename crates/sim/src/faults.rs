//! What goes wrong in a run, drawn from its seed before it begins.
//!
//! It only draws: host, worker, commands, disk and runner carry the faults out. A new draw in the middle shifts all
//! later draws, and so changes what every seed plays.

use std::ops::Range;

use crate::Random;

/// Chances, each between 0 and 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostFaults {
    /// A session cannot be opened.
    pub open_fails: f64,
    pub open_hangs: f64,
    /// HTTP 500 without a message.
    pub bare_500: f64,
    /// A turn that ends in the provider's error: 429, 5xx, a dropped socket.
    pub provider_error: f64,
    /// The session disappears in the middle of a turn and does not return.
    pub vanishes: f64,
    /// The turn never ends by itself.
    pub hangs: f64,
    /// An abort has no effect.
    pub deaf: f64,
    /// The host's answer cannot be parsed.
    pub garbage: f64,
    /// Times without any answer from the provider, in milliseconds from the start.
    pub outages: Vec<Range<u64>>,
}

/// How the simulated models err.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ModelFaults {
    /// Wrong work, and repairs that fix nothing.
    pub wrong: f64,
    /// Ends the turn with prose.
    pub prose: f64,
    /// Arguments that no tool accepts.
    pub malformed: f64,
    /// Calls its tool twice.
    pub duplicate: f64,
    /// Names tasks that do not exist.
    pub wrong_ids: f64,
    /// Edits files of other tasks.
    pub strays: f64,
    /// Changes a word that other tasks may rely on.
    pub rewords: f64,
    /// Relies on a word that other tasks may change.
    pub needs: f64,
    /// Writes in the same region as other tasks.
    pub clashes: f64,
    /// Says that it is blocked.
    pub blocked: f64,
    /// A Reviewer rejects right work, or upholds a wrong test.
    pub rejects: f64,
    /// Tests that already pass, or that ask for something that no task does.
    pub wrong_tests: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct CheckFaults {
    pub hangs: f64,
    pub flakes: f64,
    /// A run leaves files in its slot that git ignores and that make every later run there pass. No seed draws it.
    pub leaves: f64,
}

/// What goes wrong between an owner and the workers. No seed draws it: [`FaultPlan::with_workers`] does.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueFaults {
    /// The server does not answer.
    pub gone: f64,
    pub dies: f64,
    pub returns: f64,
    /// A report never arrives, arrives twice, or arrives late.
    pub loses: f64,
    pub doubles: f64,
    pub delays: f64,
    /// A wrong answer to an earlier attempt arrives.
    pub late: f64,
    pub lies: f64,
}

/// A crash at the n-th step on disk, counted from the start of that life of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// Before the step.
    Before(u64),
    /// In the middle of the step, if it has parts.
    Within(u64),
    /// After the step, before the caller learns of it.
    After(u64),
}

impl Crash {
    pub fn step(self) -> u64 {
        match self {
            Crash::Before(step) | Crash::Within(step) | Crash::After(step) => step,
        }
    }
}

/// When the user edits their own files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Milliseconds from the start.
    At(u64),
    /// Just before a step on disk in a life of the process.
    Step { life: usize, step: u64 },
    /// Just before the n-th file of a delivery is written in that life.
    Writing { life: usize, file: u64 },
}

/// All faults of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FaultPlan {
    pub host: HostFaults,
    pub model: ModelFaults,
    pub checks: CheckFaults,
    /// The crash of each life of the process.
    pub crashes: Vec<Option<Crash>>,
    /// For each life, the file of a delivery before which it crashes.
    pub crashes_writing: Vec<Option<u64>>,
    /// For each life, the steps on disk that a full disk refuses.
    pub disk_full: Vec<Range<u64>>,
    /// When the user stops each life, in milliseconds after its start.
    pub stops: Vec<Option<u64>>,
    pub edits: Vec<When>,
    /// When the user commits their files, in milliseconds from the start.
    pub commits: Vec<u64>,
    /// Whether the user undoes the delivery at the end.
    pub undo: bool,
    /// Workers check changes, with these faults.
    pub queue: Option<QueueFaults>,
}

/// How many lives of the process may have faults; later ones are calm.
pub const TROUBLED: usize = 4;
/// The latest step on disk at which something happens; long missions take a few hundred.
const STEPS: usize = 600;
/// The latest time at which something happens, in milliseconds.
const TIME: usize = 20 * 60_000;

impl FaultPlan {
    pub fn draw(random: &Random) -> FaultPlan {
        let mut plan = FaultPlan::default();
        let mut draws = random.fork("which");
        // One seed in eight has no faults
        if draws.chance(0.125) {
            return plan;
        }
        // Conflicts between tasks need several faults at once
        let tangled = draws.chance(0.25);
        let mut rate = |most: f64| match draws.below(4) {
            0 => most,
            1 => most / 4.0,
            _ => 0.0,
        };
        plan.host = HostFaults {
            open_fails: rate(0.2),
            open_hangs: rate(0.1),
            bare_500: rate(0.15),
            provider_error: rate(0.2),
            vanishes: rate(0.1),
            hangs: rate(0.1),
            deaf: rate(0.5),
            garbage: rate(0.05),
            outages: Vec::new(),
        };
        plan.model = ModelFaults {
            wrong: rate(0.5),
            prose: rate(0.2),
            malformed: rate(0.3),
            duplicate: rate(0.3),
            wrong_ids: rate(0.2),
            strays: rate(0.3),
            rewords: rate(0.2),
            needs: rate(0.3),
            clashes: rate(0.5),
            blocked: rate(0.1),
            rejects: rate(0.3),
            wrong_tests: rate(0.6),
        };
        if tangled {
            let model = &mut plan.model;
            (model.rewords, model.needs, model.clashes, model.strays) = (0.5, 0.5, 0.7, 0.5);
        }
        plan.checks = CheckFaults { hangs: rate(0.05), flakes: rate(0.15), leaves: 0.0 };
        plan.disk(&mut random.fork("disk"));
        plan.user(&mut random.fork("user"));
        plan
    }

    /// The same plan with workers, whose faults are drawn separately.
    pub fn with_workers(self, random: &Random) -> FaultPlan {
        let mut draws = random.fork("queue");
        let mut rate = |most: f64| [0.0, most / 4.0, most][draws.below(3)];
        let queue = QueueFaults {
            gone: rate(0.2),
            dies: rate(0.4),
            returns: rate(0.3),
            loses: rate(0.3),
            doubles: rate(0.5),
            delays: rate(0.5),
            late: rate(0.5),
            lies: rate(0.4),
        };
        FaultPlan { queue: Some(queue), ..self }
    }

    fn disk(&mut self, random: &mut Random) {
        if random.chance(0.2) {
            let from = random.below(TIME / 2) as u64;
            self.host.outages.push(from..from + random.below(TIME / 4) as u64);
        }
        for _ in 0..TROUBLED {
            let step = |random: &mut Random| {
                // Early and late steps are equally likely
                let most = [40, 150, STEPS][random.below(3)];
                1 + random.below(most) as u64
            };
            let at = step(random);
            let crash = match random.below(8) {
                0 => Some(Crash::Before(at)),
                1 => Some(Crash::Within(at)),
                2 => Some(Crash::After(at)),
                _ => None,
            };
            self.crashes.push(crash);
            let file = 1 + random.below(4) as u64;
            self.crashes_writing.push(random.chance(0.15).then_some(file));
            let from = step(random);
            self.disk_full.push(if random.chance(0.1) {
                from..from + 1 + random.below(6) as u64
            } else {
                0..0
            });
        }
    }

    fn user(&mut self, random: &mut Random) {
        for _ in 0..TROUBLED {
            let at = random.below(TIME / 4) as u64;
            self.stops.push(random.chance(0.2).then_some(at));
        }
        for _ in 0..[0, 0, 1, 1, 2, 4][random.below(6)] {
            let (life, step) = (random.below(TROUBLED), 1 + random.below(STEPS) as u64);
            let when = match random.below(4) {
                0 | 1 => When::At(random.below(TIME / 2) as u64),
                2 => When::Step { life, step },
                _ => When::Writing { life: life / 2, file: 1 + step % 4 },
            };
            self.edits.push(when);
        }
        if random.chance(0.15) {
            self.commits.push(random.below(TIME / 2) as u64);
        }
        self.undo = random.chance(0.3);
    }

    /// The same plan without faults of host, models, checks and disk, and without workers.
    pub fn calm(&self) -> FaultPlan {
        FaultPlan {
            edits: self.edits.clone(),
            commits: self.commits.clone(),
            undo: self.undo,
            ..FaultPlan::default()
        }
    }
}
