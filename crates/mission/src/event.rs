//! The facts that make up a mission. A journal holds them, so serialised names never change and new fields have a default.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::flag::RedFlag;
use crate::judging::check::{CheckSummary, SetupSummary};
use crate::mailbox::{Brief, Plan, PlannedDependency, Unplanned};
use crate::provider::Fault;
use crate::{
    Candidate, Estimate, FailureClass, Followed, Gate, GateVerdict, Issue, ItemVerdict, MissionId,
    PauseReason, Policy, Role, Rung, TaskId, Tokens,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every task was integrated.
    Done,
    /// Some did; the report says what is missing.
    Incomplete,
    /// Nothing did.
    Failed,
}

/// A fact. Written to the journal before it has any effect; times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    MissionStarted {
        mission: MissionId,
        objective: String,
        policy: Policy,
        at_ms: u64,
    },
    /// It begins from what another mission delivered, and says what is wanted on top of that.
    Follows {
        followed: Followed,
    },
    BaseTaken {
        commit: String,
        tree: String,
        changed: Vec<String>,
        left_out: Vec<String>,
    },
    /// What the project's checks say before the mission; empty where it has none.
    BaseChecked {
        checks: Vec<CheckSummary>,
        /// What made the checking slot ready for them.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        setup: Vec<SetupSummary>,
        /// What ends the processes that commands leave running on this machine.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended_by: Option<String>,
    },
    /// A prompt is about to be sent.
    RoleAsked {
        role: Role,
        task: Option<TaskId>,
        attempt: u32,
        at_ms: u64,
        /// The number of the draw of the same question: an answer before it was discarded.
        #[serde(default = "first", skip_serializing_if = "is_first")]
        draw: u32,
        /// The model that is asked, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<String>,
        /// The host's session in which it is asked, where it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
    },
    /// Told while a turn runs, after each answer of the model.
    RoleSpent {
        role: Role,
        task: Option<TaskId>,
        tokens: Tokens,
        cost_usd: f64,
        /// Nobody reported it: an answer that was cut off, or a provider that reports nothing.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        estimated: bool,
        /// Requests that the model answered for it.
        #[serde(default, skip_serializing_if = "is_zero")]
        requests: u32,
        /// Tokens that these requests did not send, as their texts are pages.
        #[serde(default, skip_serializing_if = "is_nothing")]
        paged: u64,
    },
    /// An answer was discarded; the same question is asked again, in a session of its own.
    AnswerDiscarded {
        role: Role,
        task: Option<TaskId>,
        flag: RedFlag,
        draw: u32,
        at_ms: u64,
    },
    /// A session is about to be aborted.
    RoleCutOff {
        role: Role,
        task: Option<TaskId>,
        reason: String,
        at_ms: u64,
    },
    /// A model gave no answer; it is left alone for `wait_ms`. No attempt, and no call of anybody's budget unless it had
    /// `worked` before.
    ProviderFailed {
        model: String,
        fault: Fault,
        reason: String,
        role: Role,
        task: Option<TaskId>,
        wait_ms: u64,
        at_ms: u64,
        /// The answer broke off: tools were called, or tokens were spent.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        worked: bool,
    },
    /// The provider asks to slow down, and the host waits for it.
    ProviderSlowed {
        model: String,
        reason: String,
        at_ms: u64,
    },
    /// A model that had failed, or was asked more slowly, answers.
    ProviderAnswered {
        model: String,
        at_ms: u64,
    },
    BriefAccepted {
        brief: Brief,
    },
    BriefFailed {
        class: FailureClass,
        reason: String,
    },
    /// The user answered a question of the brief, by its number from 1.
    Answered {
        question: u32,
        choice: String,
        at_ms: u64,
    },
    /// Questions that nobody answered are decided by their defaults.
    DefaultsTaken {
        reason: String,
        at_ms: u64,
    },
    /// `parent`: the compound task that this plan splits.
    PlanAccepted {
        plan: Plan,
        notes: Vec<String>,
        parent: Option<TaskId>,
    },
    PlanFailed {
        class: FailureClass,
        reason: String,
        parent: Option<TaskId>,
    },
    /// The user said so while the mission ran; `task`: the only one that it concerns.
    Corrected {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskId>,
        at_ms: u64,
    },
    /// What has not started is planned otherwise, as the user said; `told`: how many corrections are in it.
    PlanAmended {
        plan: Plan,
        notes: Vec<String>,
        told: u32,
    },
    /// The user changed what has not started, by hand.
    PlanEdited {
        plan: Plan,
        notes: Vec<String>,
        at_ms: u64,
    },
    /// The Planner gave no other plan for them.
    PlanKept {
        class: FailureClass,
        reason: String,
        told: u32,
    },
    /// Packages of a plan are on the head now: `commit` is the new one, `files` the manifests and lockfiles in it.
    PackagesAdded {
        parent: Option<TaskId>,
        packages: Vec<PlannedDependency>,
        files: Vec<String>,
        commit: String,
        tree: String,
        #[serde(default)]
        checks: Vec<CheckSummary>,
    },
    /// They cannot be added as planned: the plan is made again.
    PackagesFailed {
        parent: Option<TaskId>,
        reason: String,
    },
    /// Another coder begins to write the task's tests, on this commit.
    TestsStarted {
        task: TaskId,
        slot: u32,
        base: String,
        at_ms: u64,
    },
    /// What was submitted is no test of the task.
    TestsRejected {
        task: TaskId,
        issues: Vec<Issue>,
        /// The same author fixes it.
        #[serde(rename = "mending")]
        to_fix: bool,
    },
    /// They fail on the base because the task is not done: it is built upon them, and they have to pass.
    TestsWritten {
        task: TaskId,
        commit: String,
        tree: String,
        paths: Vec<String>,
        detail: String,
        at_ms: u64,
    },
    /// The task goes on without; `tried`: authors were asked. `kept`: the change that they rejected and should not
    /// have, as a commit, which is judged again.
    TestsSkipped {
        task: TaskId,
        reason: String,
        tried: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<String>,
    },
    /// They were wrong, and are written again: attempts failed on one that asks what the task does not. `kept`: likewise.
    TestsRedrawn {
        task: TaskId,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<String>,
    },
    /// Attempts failed on one of them, and the reviewers find it right.
    TestsUpheld {
        task: TaskId,
        reason: String,
    },
    /// A fresh attempt begins, on this commit.
    AttemptStarted {
        task: TaskId,
        slot: u32,
        base: String,
        at_ms: u64,
    },
    /// A repair of the running attempt begins; `base` is the commit it is now built on.
    FixStarted {
        task: TaskId,
        base: String,
        /// In a session of its own, not in that of the work.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        fresh: bool,
        /// Why there, where there was a choice.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
        at_ms: u64,
    },
    /// Several coders made the attempt: what each came to, and whose change goes on (by its place, from 0).
    CandidatesCompared {
        task: TaskId,
        candidates: Vec<Candidate>,
        chosen: Option<u32>,
        why: String,
    },
    WorkAccepted {
        task: TaskId,
        summary: String,
        /// Nothing was changed: what a further cycle asks for is so already, says who was asked for it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unchanged: bool,
        /// Changed files that the plan does not name, each with the reason that was given.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unplanned: Vec<Unplanned>,
    },
    ScopeWidened {
        task: TaskId,
        path: String,
    },
    /// A file that another running task holds was asked for.
    ScopeRefused {
        task: TaskId,
        path: String,
        held_by: TaskId,
    },
    /// The task starts again after the one that holds the file it needs; no attempt is counted.
    TaskOrdered {
        task: TaskId,
        after: TaskId,
        path: String,
    },
    GateJudged {
        task: Option<TaskId>,
        gate: Gate,
        verdict: GateVerdict,
        tree: String,
        detail: String,
    },
    AttemptFailed {
        task: TaskId,
        class: FailureClass,
        issues: Vec<Issue>,
    },
    /// How a task whose attempt failed is helped, and why so.
    RungChosen {
        task: TaskId,
        rung: Rung,
        why: String,
    },
    /// A gate could not judge (host or provider failed): no verdict, and no attempt; it is asked again.
    JudgeFailed {
        task: TaskId,
        reason: String,
        /// [`FailureClass::Host`], or what the reviewer failed at.
        #[serde(default = "host")]
        class: FailureClass,
    },
    TaskPassed {
        task: TaskId,
        commit: String,
        tree: String,
        verified_by: Vec<String>,
        at_ms: u64,
    },
    /// The integrator has begun to merge these onto the head.
    BatchStarted {
        tasks: Vec<TaskId>,
        head: String,
    },
    /// They were integrated: `commit` is the new head.
    Integrated {
        tasks: Vec<TaskId>,
        commit: String,
        tree: String,
        checks: Vec<CheckSummary>,
        at_ms: u64,
    },
    /// The merge of these, or their checks together, failed; each goes to a fixer.
    BatchFailed {
        tasks: Vec<TaskId>,
        class: FailureClass,
        issues: Vec<Issue>,
    },
    #[serde(rename = "task_given_up")]
    TaskAbandoned {
        task: TaskId,
        reason: String,
    },
    TaskCancelled {
        task: TaskId,
        reason: String,
    },
    /// What the mission is expected to take, told before its first task starts.
    Estimated {
        estimate: Estimate,
    },
    /// All that was integrated was reviewed against the objective; `tree` is what was looked at.
    ObjectiveReviewed {
        cycle: u32,
        met: Vec<ItemVerdict>,
        unmet: Vec<ItemVerdict>,
        tree: String,
    },
    ObjectiveReviewFailed {
        class: FailureClass,
        reason: String,
    },
    /// Another plan is due, for what is missing.
    CycleStarted {
        cycle: u32,
        missing: Vec<ItemVerdict>,
        at_ms: u64,
    },
    /// What is about to be written into the user's files: enough to finish or take back after a crash.
    DeliveryIntended {
        delivery: Value,
        verified: bool,
        /// Files of the user that held part of the change before, because they wrote to them after an interrupted
        /// delivery had.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<String>,
    },
    /// `branch` where the change was left on one instead.
    Delivered {
        files: u32,
        branch: Option<String>,
        note: Option<String>,
        /// Files that the user wrote to after a delivery had, and that hold part of it without what is said here.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<String>,
    },
    DeliveryFailed {
        reason: String,
        /// Files of the user that hold part of the change.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<String>,
    },
    Undone {
        files: u32,
    },
    /// One file of the delivery was taken back.
    FileUndone {
        path: String,
    },
    /// A hunk of a delivered file is about to be taken back, by its number from 1; `left`: what the file is expected to hold then,
    /// if the user changed nothing else of it.
    HunkUndone {
        path: String,
        hunk: u32,
        left: Value,
    },
    /// It could not be written.
    HunkKept {
        path: String,
        hunk: u32,
    },
    Paused {
        reason: PauseReason,
        at_ms: u64,
    },
    /// `policy`: the limits as the user has them now.
    Resumed {
        at_ms: u64,
        policy: Option<Policy>,
    },
    Ended {
        outcome: Outcome,
        at_ms: u64,
    },
}

impl Event {
    /// When it happened, for those that say.
    pub fn at_ms(&self) -> Option<u64> {
        match self {
            Event::MissionStarted { at_ms, .. }
            | Event::RoleAsked { at_ms, .. }
            | Event::Corrected { at_ms, .. }
            | Event::Answered { at_ms, .. }
            | Event::DefaultsTaken { at_ms, .. }
            | Event::PlanEdited { at_ms, .. }
            | Event::AnswerDiscarded { at_ms, .. }
            | Event::RoleCutOff { at_ms, .. }
            | Event::ProviderFailed { at_ms, .. }
            | Event::ProviderSlowed { at_ms, .. }
            | Event::ProviderAnswered { at_ms, .. }
            | Event::TestsStarted { at_ms, .. }
            | Event::TestsWritten { at_ms, .. }
            | Event::AttemptStarted { at_ms, .. }
            | Event::FixStarted { at_ms, .. }
            | Event::TaskPassed { at_ms, .. }
            | Event::Integrated { at_ms, .. }
            | Event::CycleStarted { at_ms, .. }
            | Event::Paused { at_ms, .. }
            | Event::Resumed { at_ms, .. }
            | Event::Ended { at_ms, .. } => Some(*at_ms),
            _ => None,
        }
    }
}

fn first() -> u32 {
    1
}

fn is_zero(requests: &u32) -> bool {
    *requests == 0
}

fn is_nothing(tokens: &u64) -> bool {
    *tokens == 0
}

fn is_first(draw: &u32) -> bool {
    *draw == 1
}

fn host() -> FailureClass {
    FailureClass::Host
}
