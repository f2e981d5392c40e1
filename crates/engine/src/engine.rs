//! The engine of one project folder: executes `/task` commands, answers the tools of roles, and holds the running
//! mission.
//!
//! It only dispatches: `mission::command` decides what a command means, `missions` carries it out.

use std::sync::Arc;
use std::time::Duration;

use journal::Redactor;
use mission::Followed;
use mission::command::{Command, parse};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::blocking::blocking;
use crate::config::queue_of_run;
use crate::config::roles_of_worker::{self, RolesOfWorker};
use crate::far;
use crate::far::hooks::{HookAnswer, HookCall, Hooks};
use crate::far::relay::Relays;
use crate::host::{Host, Nobody, Voice};
use crate::missions::project::Project;
use crate::missions::queue::{self, Turn, Waiting};
use crate::missions::run::Start;
use crate::missions::running::Running;
use crate::missions::{offer, run, tell};
use crate::options::EngineOptions;
use crate::steps::instructions;
use crate::steps::work::{edit, edit_lint, shell, write};
use crate::talk::requests;
use crate::talk::session::{Sessions, ToolCall};
use crate::talk::watch::UNKNOWN;
use crate::text::visible;
use crate::world::World;

/// The text for the user, of a success or a failure.
fn told(said: Result<String, String>) -> String {
    said.unwrap_or_else(|why| why + "\n")
}

/// How long a resume waits for a mission that was stopped, or that pauses, to finish its shutdown, and for any other.
const WINDING_UP: Duration = Duration::from_secs(60);
const OTHER: Duration = Duration::from_secs(3);

#[derive(Clone)]
pub struct Engine {
    options: EngineOptions,
    sessions: Sessions,
    world: World,
    redactor: Redactor,
    running: Running,
    waiting: Waiting,
    /// Sessions that this process has for owners on other machines.
    relays: Relays,
}

impl Engine {
    pub fn new(options: EngineOptions) -> Engine {
        Engine::in_world(options, World::default())
    }

    pub fn in_world(options: EngineOptions, world: World) -> Engine {
        let redactor = Redactor::new(options.environment.iter().cloned());
        Engine {
            options,
            sessions: Sessions::default(),
            world,
            redactor,
            running: Running::default(),
            waiting: Waiting::default(),
            relays: Relays::default(),
        }
    }

    /// Executes the text after `/task`, and answers through [`Host::say`]. Returns when there is nothing more to say:
    /// for a mission, when it has ended or is paused.
    pub async fn command(&self, text: &str, session: Option<String>, host: Arc<dyn Host>) {
        let host: Arc<dyn Host> = Arc::new(Voice(host));
        match wanted_roles(&self.options) {
            Ok(None) => {}
            Ok(Some(wanted)) => return self.work_for_others(wanted, host, session).await,
            Err(why) => return host.say(&format!("{why}\n")),
        }
        let project =
            match Project::open(&self.options, self.world.clone(), self.redactor.clone(), host.clone()).await
            {
                Ok(project) => project,
                Err(why) => return host.say(&self.redactor.redact(&format!("{why}\n"))),
            };
        let known = |id: &str| project.state.mission(id).is_ok_and(|m| m.exists());
        match parse(text, known) {
            Command::Run { objective } => self.begin(project, objective, session, None).await,
            Command::Fix { id, comment } => match project.followed(&id, &comment).await {
                Ok(followed) => self.begin(project, comment, session, Some(Box::new(followed))).await,
                Err(why) => host.say(&format!("Nothing was started: {why}.\n")),
            },
            Command::Plan { drop: None } => host.say(&told(project.plan_in_chat())),
            Command::Plan { drop: Some(task) } => {
                project.settled().await;
                host.say(&told(project.drop_tasks(None, &[task], false).await))
            }
            Command::Review { id } => host.say(&project.review_in_chat(id.as_deref()).await),
            Command::Resume { id } => self.resume(project, id, session).await,
            Command::Report { id } => host.say(&project.report(id.as_deref()).await),
            Command::Undo { id } => host.say(&told(project.undo(id.as_deref(), None).await)),
            other => {
                if let Some(answer) = self.answer(&project, other).await {
                    host.say(&answer);
                }
            }
        }
    }

    /// Has roles of other owners' missions, until it is stopped.
    async fn work_for_others(&self, wanted: RolesOfWorker, host: Arc<dyn Host>, session: Option<String>) {
        let (relays, now_ms) = (self.relays.clone(), self.world.clock.now_ms());
        if let Err(why) =
            far::worker::serve(wanted, &self.options, host.clone(), session, relays, now_ms).await
        {
            host.say(&format!("{why}\n"));
        }
    }

    /// Executes the text after `/task` in a session that is busy with its mission, if it takes effect at once. Returns
    /// the answer, or `None` if the command has to wait for the mission's end.
    pub async fn at_once(&self, text: &str) -> Option<String> {
        let host: Arc<dyn Host> = Arc::new(Nobody);
        let project =
            Project::open(&self.options, self.world.clone(), self.redactor.clone(), host).await.ok()?;
        let command = parse(text, |id: &str| project.state.mission(id).is_ok_and(|m| m.exists()));
        let answer = self.answer(&project, command).await?;
        Some(visible(&self.redactor.redact(&answer)).into_owned())
    }

    /// The answer to a command that starts nothing and waits for nothing.
    async fn answer(&self, project: &Project, command: Command) -> Option<String> {
        match command {
            Command::Stop { id } => Some(self.stop_other(project, id).await),
            Command::Status { id } => Some(project.status(id.as_deref()).await),
            Command::Tell { text } => {
                project.settled().await;
                let told = project.tell(&text, "/task tell");
                Some(told.unwrap_or_else(|why| {
                    let instead = match why == tell::NONE {
                        true => format!(" A mission of these words starts with `/task run tell {text}`."),
                        false => String::new(),
                    };
                    format!("Nothing was told: {why}.{instead}\n")
                }))
            }
            Command::Answer { text } => {
                project.settled().await;
                let answered = project.answer(&text, "/task answer");
                Some(answered.unwrap_or_else(|why| format!("Nothing was answered: {why}.\n")))
            }
            Command::Queue { cancel } => Some(told(project.queue(cancel.as_deref()))),
            Command::Refused { answer } => Some(format!("{answer}\n")),
            Command::Run { .. }
            | Command::Fix { .. }
            | Command::Review { .. }
            | Command::Plan { .. }
            | Command::Resume { .. }
            | Command::Undo { .. }
            | Command::Report { .. } => None,
        }
    }

    async fn begin(
        &self,
        project: Project,
        objective: String,
        session: Option<String>,
        follows: Option<Box<Followed>>,
    ) {
        let turn = queue::turn(&project, &objective, session.clone(), &self.running, &self.waiting).await;
        match turn {
            Ok(Turn { id, lock, place: _place }) => {
                self.running.asked_in(session.clone());
                let start = Start::New { objective, id, lock, follows };
                run::run(&project, start, session, &self.sessions, &self.running, self.hooks()).await;
            }
            Err(why) => project.host.say(&project.redactor.redact(&format!("{why}\n"))),
        }
    }

    async fn resume(&self, project: Project, id: Option<String>, session: Option<String>) {
        let patience = if self.running.is_ending() { WINDING_UP } else { OTHER };
        let Some(_place) = self.running.begin(patience).await else {
            let which = self.running.mission().map(|id| format!(" `{id}`")).unwrap_or_default();
            return project.host.say(&format!(
                "A mission{which} runs in this project already. `/task status` shows it, `/task stop` stops it. Nothing was \
                 started.\n"
            ));
        };
        self.running.asked_in(session.clone());
        let start = Start::Resume { id };
        run::run(&project, start, session, &self.sessions, &self.running, self.hooks()).await;
    }

    /// A sentence about a mission of this project that can be resumed, for the user who opens OpenCode here; changes
    /// nothing.
    pub async fn unfinished(&self) -> Option<String> {
        let options = self.options.clone();
        let said = blocking(move || offer::unfinished(&options)).await?;
        Some(self.redactor.redact(&said).into_owned())
    }

    /// Stops the mission that runs here; it can be resumed. The user is told `by`. Queued missions no longer wait for
    /// their turn.
    pub async fn stop(&self, by: &str) {
        self.relays.leaving.cancel();
        self.waiting.end();
        self.running.stop(by).await;
    }

    /// The same for the missions of one session: Esc in a session must not stop a mission of another one.
    pub async fn stop_in(&self, session: &str, by: &str) {
        // A worker has one session of its own, and no mission
        self.relays.leaving.cancel();
        if !self.waiting.cancel(session) && self.running.is_of(session) {
            self.running.stop(by).await;
        }
    }

    async fn stop_other(&self, project: &Project, id: Option<String>) -> String {
        let here = self.running.mission();
        match here {
            Some(here) if id.as_ref().is_none_or(|id| *id == here) => {
                self.running.stop("/task stop").await;
                format!("Mission `{here}` is being stopped. `/task resume {here}` continues it.\n")
            }
            _ => project.stop(id.as_deref(), "/task stop").await,
        }
    }

    /// Whether a session belongs to a role that works here.
    pub fn knows(&self, session: &str) -> bool {
        self.sessions.get(session).is_some() || self.relays.get(session).is_some()
    }

    /// Executes a role's call of a mailbox tool; returns the answer for the model.
    pub async fn call_tool(&self, session: &str, tool: &str, arguments: Value) -> String {
        if let Some(relay) = self.relays.get(session) {
            let answer = relay.call(HookCall::CallTool { tool: tool.into(), arguments }).await;
            return answer.map_or_else(|why| why, |said| text(said).unwrap_or_default());
        }
        let Some(session) = self.sessions.get(session) else {
            return format!(
                "refused: `{tool}` belongs to missions, and this session is no role of a running one."
            );
        };
        let (reply, answer) = oneshot::channel();
        let call = ToolCall { tool: tool.to_string(), arguments, reply };
        match session.calls.try_send(call) {
            Ok(()) => {
                let said = answer.await.unwrap_or_else(|_| "refused: the mission was stopped.".into());
                match self.running.context() {
                    Some(context) => context.desk.redactor.redact(&said).into_owned(),
                    None => said,
                }
            }
            Err(_) => "refused: too many calls at once; make one call at a time.".into(),
        }
    }

    /// Why a call of one of OpenCode's tools is refused, in words for the model; `None` if it may run.
    pub async fn before_tool(&self, session: &str, tool: &str, arguments: &Value) -> Option<String> {
        // No path could be found in them
        if !arguments.is_object() {
            return Some(format!("refused: the arguments of `{tool}` are no JSON object; give them as one."));
        }
        if let Some(relay) = self.relays.get(session) {
            // An owner must not lead a role out of its folder on this machine, whatever it answers
            if let Some(why) = edit::may_not_read(&relay.folder, tool, arguments) {
                return Some(why);
            }
            let (tool, arguments) = (tool.to_string(), arguments.clone());
            return relay.call(HookCall::BeforeTool { tool, arguments }).await.map_or_else(Some, text);
        }
        let (Some(session), Some(context)) = (self.sessions.get(session), self.running.context()) else {
            return Some("refused: this role's part of the mission is over; end your turn.".into());
        };
        // The mailbox counts its own calls, and `observe` sees calls that are not tool calls
        let counted = tool != session.role.mailbox() && tool != UNKNOWN;
        let repeated = counted.then(|| session.watch.call(tool, &arguments.to_string())).flatten();
        let opens = repeated.is_none() && edit::opens_files(tool);
        let turns = context.desk.sessions.turns(&session.directory);
        if opens {
            turns.tool_begins().await;
        }
        let refusal = match repeated {
            Some(refusal) => Some(refusal),
            None => match edit::before(&context, &session, tool, arguments).await {
                None if !self.options.file_tools => edit::spoils(&session, tool, arguments),
                refusal => refusal,
            },
        };
        if let Some(refusal) = &refusal {
            session.watch.refused(refusal);
            if opens {
                turns.tool_ends();
            }
        }
        refusal
    }

    /// Why a session's next request may not be sent to its model; `None` if it may. The host ends the turn on a
    /// refusal. `bytes`: the length of the request's messages. May wait until requests of other sessions are answered.
    pub async fn before_request(&self, session: &str, bytes: u64) -> Option<String> {
        if let Some(relay) = self.relays.get(session) {
            return relay.call(HookCall::BeforeRequest { bytes }).await.map_or_else(Some, text);
        }
        match self.sessions.get(session) {
            Some(known) => {
                if let Some(context) = self.running.context() {
                    instructions::keep_plain(&context.bench.workspace, &known.directory, &known.base, "");
                }
                requests::refused(session, &known, bytes).await
            }
            None => Some("this role's part of the mission is over".into()),
        }
    }

    /// Replacements for parts of a session's messages in its next request, as JSON of `talk::paging::Replaced`; `None`
    /// if nothing changes. `messages`: JSON of `talk::paging::Handed`.
    pub async fn page(&self, session: &str, messages: &str) -> Option<String> {
        if let Some(relay) = self.relays.get(session) {
            return text(relay.call(HookCall::Page { messages: messages.into() }).await.ok()?);
        }
        let (session, context) = (self.sessions.get(session)?, self.running.context()?);
        requests::page(&context.desk, &session, messages).await
    }

    /// The system texts of a session's next request with files of instructions as the mission's base has them, long ones cut;
    /// both JSON lists of texts. `None` where all stays.
    pub async fn cut_instructions(&self, session: &str, texts: &str) -> Option<String> {
        if let Some(relay) = self.relays.get(session) {
            return text(relay.call(HookCall::CutInstructions { texts: texts.into() }).await.ok()?);
        }
        let (session, texts) = (self.sessions.get(session)?, serde_json::from_str(texts).ok()?);
        let context = self.running.context()?;
        serde_json::to_string(&instructions::cut(&context.bench.workspace, &session, texts).await?).ok()
    }

    /// Receives an [`Observation`] (as JSON) of a session while its role works. Ignores JSON that cannot be read, and
    /// sessions that are not known here.
    pub fn observe(&self, session: &str, observation: &str) {
        if let Some(relay) = self.relays.get(session) {
            return relay.observe(observation);
        }
        if let (Some(session), Ok(observation)) =
            (self.sessions.get(session), serde_json::from_str(observation))
        {
            session.watch.observe(observation);
        }
    }

    /// Other arguments for a call of one of OpenCode's tools, if the call needs them; the error is for the model.
    pub async fn rewrite_tool(
        &self,
        session: &str,
        tool: &str,
        arguments: &Value,
    ) -> Result<Option<Value>, String> {
        if tool != "bash" {
            return Ok(None);
        }
        let (Some(session), Some(context)) = (self.sessions.get(session), self.running.context()) else {
            return Err("refused: this role's part of the mission is over; end your turn.".into());
        };
        shell::run(&context, &session, arguments).await.map(Some)
    }

    /// Executes a call of one of the tools with which roles change files ([`crate::file_tools`]). Without `write` it
    /// only describes the change, so that the user can be asked. The error is for the model.
    pub async fn change_file(
        &self,
        session: &str,
        tool: &str,
        arguments: &Value,
        write: bool,
    ) -> Result<Value, String> {
        if let Some(relay) = self.relays.get(session) {
            let (tool, arguments) = (tool.to_string(), arguments.clone());
            let mut answer = relay.call(HookCall::ChangeFile { tool, arguments, write }).await?;
            return match answer.get_mut("done").map(Value::take) {
                Some(done) => Ok(done),
                None => Err(answer.get("refused").and_then(Value::as_str).unwrap_or_default().to_string()),
            };
        }
        let (Some(session), Some(context)) = (self.sessions.get(session), self.running.context()) else {
            return Err("refused: this role's part of the mission is over; end your turn.".into());
        };
        write::run(&context, &session, tool, arguments, write).await
    }

    /// The text to append to the answer of one of OpenCode's tools.
    pub async fn after_tool(&self, session: &str, tool: &str, arguments: Value) -> Option<String> {
        if let Some(relay) = self.relays.get(session) {
            return text(relay.call(HookCall::AfterTool { tool: tool.into(), arguments }).await.ok()?);
        }
        let (session, context) = (self.sessions.get(session)?, self.running.context()?);
        if edit::opens_files(tool) {
            context.desk.sessions.turns(&session.directory).tool_ends();
        }
        let own = edit_lint::after(&context, &session, tool, &arguments).await;
        let tool = tool.to_string();
        let found = blocking(move || {
            edit::after(&context.gates.guardian, &context.bench.workspace, &session, &tool, &arguments)
        })
        .await;
        match (found, own) {
            (Some(found), own) => Some(found + &own.unwrap_or_default()),
            (None, own) => own,
        }
    }
}

impl Engine {
    /// What answers the calls of sessions at workers.
    fn hooks(&self) -> Arc<dyn Hooks> {
        Arc::new(self.clone())
    }
}

impl Hooks for Engine {
    fn call(&self, session: String, call: HookCall) -> HookAnswer {
        let engine = self.clone();
        Box::pin(async move {
            let session = session.as_str();
            match call {
                HookCall::CallTool { tool, arguments } => {
                    json!(engine.call_tool(session, &tool, arguments).await)
                }
                HookCall::BeforeTool { tool, arguments } => {
                    json!(engine.before_tool(session, &tool, &arguments).await)
                }
                HookCall::AfterTool { tool, arguments } => {
                    json!(engine.after_tool(session, &tool, arguments).await)
                }
                HookCall::BeforeRequest { bytes } => json!(engine.before_request(session, bytes).await),
                HookCall::Page { messages } => json!(engine.page(session, &messages).await),
                HookCall::CutInstructions { texts } => json!(engine.cut_instructions(session, &texts).await),
                HookCall::ChangeFile { tool, arguments, write } => {
                    match engine.change_file(session, &tool, &arguments, write).await {
                        Ok(done) => json!({ "done": done }),
                        Err(refused) => json!({ "refused": refused }),
                    }
                }
            }
        })
    }

    fn observe(&self, session: &str, observation: &str) {
        Engine::observe(self, session, observation);
    }
}

/// The text of an answer that may be null.
fn text(answer: Value) -> Option<String> {
    match answer {
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// What the program that started this process as a worker wants of it.
fn wanted_roles(options: &EngineOptions) -> Result<Option<RolesOfWorker>, String> {
    queue_of_run::read_named(&options.data_home, &options.environment, roles_of_worker::VARIABLE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_whose_arguments_cannot_be_read_does_not_run() {
        let engine = Engine::new(EngineOptions::default());
        let half = Value::String(r#"{"filePath":"/etc/passwd","note":"\ud83d"}"#.into());
        let refusal = engine.before_tool("s", "read", &half).await;
        assert!(refusal.is_some_and(|why| why.contains("no JSON object")));
    }
}
