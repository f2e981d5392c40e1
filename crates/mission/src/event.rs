//! The facts that make up a mission. Journals contain them, so serialised names never change and new fields have a
//! default.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::flag::RedFlag;
use crate::judging::check::{CheckSummary, RefusedCheck, SetupSummary};
use crate::mailbox::{Brief, Plan, PlannedDependency, Unplanned};
use crate::provider::Fault;
use crate::{
    Candidate, ChangedFiles, Estimate, FailureClass, Followed, Gate, GateVerdict, Issue, ItemVerdict,
    MissionId, PauseReason, Policy, Role, Rung, TaskId, Tokens,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every task was integrated.
    Done,
    /// Some tasks were integrated; the report says what is missing.
    Incomplete,
    /// No task was integrated.
    Failed,
}

/// A fact. It is written to the journal before it has any effect; times are milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "event")]
pub enum Event {
    MissionStarted {
        mission: MissionId,
        objective: String,
        policy: Policy,
        at_ms: u64,
    },
    /// The mission begins from what another mission delivered, and changes that further.
    Follows {
        followed: Followed,
    },
    BaseTaken {
        commit: String,
        tree: String,
        changed: Vec<String>,
        left_out: Vec<String>,
    },
    /// The results of the project's checks before the mission; empty if it has none.
    BaseChecked {
        checks: Vec<CheckSummary>,
        /// The set-up steps that prepared the checking slot.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        setup: Vec<SetupSummary>,
        /// The means that ends processes which commands leave running on this machine.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ended_by: Option<String>,
        /// Commands of the project that look like checks and are not run.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        refused: Vec<RefusedCheck>,
    },
    /// A prompt is about to be sent.
    RoleAsked {
        role: Role,
        task: Option<TaskId>,
        attempt: u32,
        at_ms: u64,
        /// The number of the draw of the same question, from 1: earlier answers were discarded.
        #[serde(default = "first", skip_serializing_if = "is_first")]
        draw: u32,
        /// The model that is asked, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        model: Option<String>,
        /// The host's session in which it is asked, if known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<String>,
        /// The worker of another machine that has the session; `None`: it is here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker: Option<String>,
    },
    /// The usage of a role, recorded while a turn runs, after each answer of the model.
    RoleSpent {
        role: Role,
        task: Option<TaskId>,
        tokens: Tokens,
        cost_usd: f64,
        /// The usage is an estimate: the answer was cut off, or the provider reports nothing.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        estimated: bool,
        /// The number of requests that the model answered.
        #[serde(default, skip_serializing_if = "is_zero")]
        requests: u32,
        /// Tokens that these requests did not send, because their texts are pages.
        #[serde(default, skip_serializing_if = "is_nothing")]
        paged: u64,
    },
    /// An answer was discarded; the same question is asked again in a new session.
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
    /// A model gave no answer; it is not asked for `wait_ms`. This counts as no attempt, and as no call in any budget
    /// unless it had `worked` before.
    ProviderFailed {
        model: String,
        fault: Fault,
        reason: String,
        role: Role,
        task: Option<TaskId>,
        wait_ms: u64,
        at_ms: u64,
        /// The answer broke off after tools were called or tokens were spent.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        worked: bool,
    },
    /// The provider asks for fewer requests, and the host waits.
    ProviderSlowed {
        model: String,
        reason: String,
        at_ms: u64,
    },
    /// A model answers that had failed, or that was asked more slowly.
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
    /// The user answered a question of the brief; `question` is its number, from 1.
    Answered {
        question: u32,
        choice: String,
        at_ms: u64,
    },
    /// Unanswered questions are decided by their defaults.
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
    /// The user's correction while the mission ran; `task`: the only task that it concerns.
    Corrected {
        text: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        task: Option<TaskId>,
        at_ms: u64,
    },
    /// The Planner changed the tasks that have not started, as the user said; `told`: how many corrections the plan
    /// takes into account.
    PlanAmended {
        plan: Plan,
        notes: Vec<String>,
        told: u32,
    },
    /// The user edited the tasks that have not started.
    PlanEdited {
        plan: Plan,
        notes: Vec<String>,
        at_ms: u64,
    },
    /// The Planner gave no changed plan for the corrections, so the plan stays.
    PlanKept {
        class: FailureClass,
        reason: String,
        told: u32,
    },
    /// The packages of a plan are on the head: `commit` is the new head, `files` the manifests and lockfiles in it.
    PackagesAdded {
        parent: Option<TaskId>,
        packages: Vec<PlannedDependency>,
        files: Vec<String>,
        commit: String,
        tree: String,
        #[serde(default)]
        checks: Vec<CheckSummary>,
    },
    /// The packages cannot be added as planned: the Planner makes the plan again.
    PackagesFailed {
        parent: Option<TaskId>,
        reason: String,
    },
    /// Another Coder begins to write the task's tests, on this commit.
    TestsStarted {
        task: TaskId,
        slot: u32,
        base: String,
        at_ms: u64,
    },
    /// The submitted tests do not test the task.
    TestsRejected {
        task: TaskId,
        issues: Vec<Issue>,
        /// The same author fixes them.
        #[serde(rename = "mending")]
        to_fix: bool,
    },
    /// The tests fail on the base because the task is not done. The task is built on them, and they have to pass.
    TestsWritten {
        task: TaskId,
        commit: String,
        tree: String,
        paths: Vec<String>,
        detail: String,
        at_ms: u64,
    },
    /// The task continues without independent tests; `tried`: authors were asked. `kept`: the commit of a change that
    /// wrong tests rejected; it is judged again.
    TestsSkipped {
        task: TaskId,
        reason: String,
        tried: bool,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<String>,
    },
    /// The tests were wrong and are written again: attempts failed on a test that the task does not ask for. `kept`: as
    /// above.
    TestsRedrawn {
        task: TaskId,
        reason: String,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<String>,
    },
    /// Attempts failed on one of the tests, and the Reviewers find the test right.
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
    /// A repair of the running attempt begins; `base` is the commit on which it is now built.
    FixStarted {
        task: TaskId,
        base: String,
        /// The repair is made in a new session, not in that of the work.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        fresh: bool,
        /// Why this session was chosen, if there was a choice.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
        at_ms: u64,
    },
    /// Several Coders made the attempt: the result of each, and whose change continues (its place, from 0).
    CandidatesCompared {
        task: TaskId,
        candidates: Vec<Candidate>,
        chosen: Option<u32>,
        why: String,
    },
    /// What its sessions wrote in this attempt: edits in place, those of them that missed, and existing files written whole.
    EditsMade {
        task: TaskId,
        edits: u32,
        #[serde(default, skip_serializing_if = "is_zero")]
        missed: u32,
        #[serde(default, skip_serializing_if = "is_zero")]
        whole: u32,
    },
    /// The attempt is asked to write files whole, as edits of its model missed in earlier missions.
    WholeFilesChosen {
        task: TaskId,
        why: String,
    },
    /// A check failed and then passed on the same files; `tests`: those that did.
    FlakySeen {
        check: String,
        run: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tests: Vec<String>,
    },
    WorkAccepted {
        task: TaskId,
        summary: String,
        /// Nothing was changed: the Coder says that what the cycle asks for is already met.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unchanged: bool,
        /// Changed files that the plan does not name, each with the role's reason.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unplanned: Vec<Unplanned>,
    },
    ScopeWidened {
        task: TaskId,
        path: String,
    },
    /// The task asked for a file that another running task holds.
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
        /// The worker of another machine that ran what was judged; `None`: it ran here.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker: Option<String>,
    },
    AttemptFailed {
        task: TaskId,
        class: FailureClass,
        issues: Vec<Issue>,
    },
    /// The next help for a task whose attempt failed, and why.
    RungChosen {
        task: TaskId,
        rung: Rung,
        why: String,
    },
    /// A gate could not judge because the host or the provider failed. There is no verdict, no attempt is counted, and
    /// the gate is asked again.
    JudgeFailed {
        task: TaskId,
        reason: String,
        /// [`FailureClass::Host`], or the class of the Reviewer's failure.
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
    /// The integrator has begun to merge these tasks onto the head.
    BatchStarted {
        tasks: Vec<TaskId>,
        head: String,
    },
    /// The tasks were integrated: `commit` is the new head.
    Integrated {
        tasks: Vec<TaskId>,
        commit: String,
        tree: String,
        checks: Vec<CheckSummary>,
        at_ms: u64,
    },
    /// The merge of these tasks, or the checks of the merged tree, failed; each task goes to a Fixer.
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
    /// What the mission is expected to take, recorded before its first task starts.
    Estimated {
        estimate: Estimate,
    },
    /// Reviewers compared the integrated work with the objective; `tree` is what they looked at.
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
    /// The delivery that is about to be written into the user's files: enough to finish it or undo it after a crash.
    DeliveryIntended {
        delivery: Value,
        verified: bool,
        /// Files of the user that already contain part of an interrupted delivery, because the user wrote to them
        /// before it was undone.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<String>,
    },
    /// `branch`: the change was left on this branch instead.
    Delivered {
        files: u32,
        branch: Option<String>,
        note: Option<String>,
        #[serde(default, skip_serializing_if = "ChangedFiles::is_empty")]
        changed: ChangedFiles,
        /// Files of the user that contain part of an interrupted delivery, because the user wrote to them before it was
        /// undone.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<String>,
    },
    DeliveryFailed {
        reason: String,
        /// Files of the user that contain part of the change.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        torn: Vec<String>,
    },
    Undone {
        files: u32,
    },
    /// One file of the delivery was undone.
    FileUndone {
        path: String,
    },
    /// A hunk of a delivered file, with its number from 1, is about to be undone; `left`: the expected content of the
    /// file afterwards, if the user changed nothing else in it.
    HunkUndone {
        path: String,
        hunk: u32,
        left: Value,
    },
    /// The file without the hunk could not be written, so the hunk stays.
    HunkKept {
        path: String,
        hunk: u32,
    },
    Paused {
        reason: PauseReason,
        at_ms: u64,
    },
    /// `policy`: the user's current limits.
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
    /// The time of the event, for events that have one.
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
