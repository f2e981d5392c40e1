//! The Searcher: reads the repository and submits a brief.
//!
//! It only reads. Without a brief the mission continues, too.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use mission::mailbox::{Brief, parse_brief};
use mission::{Event, Role, State};
use serde_json::Value;

use crate::blocking::blocking;
use crate::failure::RoleFailure;
use crate::steps::context::MissionContext;
use crate::steps::plan::reading;
use crate::steps::real_path;
use crate::talk::conversation::{Conversation, Setting};
use crate::talk::mailbox::{Mailbox, MailboxAnswer, unknown};
use crate::talk::{pages, prompt};

pub(crate) async fn run(context: &Arc<MissionContext>, state: &State) -> Vec<Event> {
    let event = match search(context, state).await {
        Ok(brief) => Event::BriefAccepted { brief },
        Err(RoleFailure { class, reason }) => Event::BriefFailed { class, reason },
    };
    vec![event]
}

async fn search(context: &Arc<MissionContext>, state: &State) -> Result<Brief, RoleFailure> {
    let base = state.base.as_ref().map(|b| b.commit.clone()).unwrap_or_default();
    let lease = context.slot(&base).await?;
    let ranking = reading::ranking(context, &lease.slot, &state.objective).await;
    let setting = Setting {
        role: Role::Searcher,
        task: None,
        directory: lease.slot.path.clone(),
        base: base.clone(),
        title: "Searcher: what matters".into(),
        model: 0,
        part: None,
        folds: reading::folds(context, &lease.slot, &state.objective).await,
    };
    let mut conversation = Conversation::open(&context.desk, setting).await?;
    let text = |attempt| {
        format!(
            "{}# Objective\n{}\n{}{}\n# What the engine ranks highest for it\n{ranking}",
            prompt::header(&context.desk.mission, Role::Searcher, None, attempt),
            state.objective,
            prompt::from_user(&state.said()),
            prompt::given(state)
        )
    };
    let mut mailbox = SearcherMailbox { context: context.clone(), root: lease.slot.path.clone(), base };
    conversation.ask(Role::Searcher, text, &mut mailbox).await
}

struct SearcherMailbox {
    context: Arc<MissionContext>,
    /// The slot in which the files of a brief must exist.
    root: PathBuf,
    /// The mission's base.
    base: String,
}

impl SearcherMailbox {
    /// Leaves out what no task can change, and says so.
    async fn compare(&self, brief: &mut Brief) {
        brief.compare(|path| self.root.join(path).symlink_metadata().is_ok());
        for file in &mut brief.files {
            let mut real = vec![std::mem::take(&mut file.path)];
            real_path::name_really(&self.root, &mut real);
            file.path = real.pop().unwrap_or_default();
        }
        let files: Vec<String> = brief.files.iter().map(|file| file.path.clone()).collect();
        let (workspace, base) = (self.context.bench.workspace.clone(), self.base.clone());
        let looked = blocking(move || {
            let names: Vec<&str> = files.iter().map(String::as_str).collect();
            let submodules = workspace.submodules_of(&base, &names)?;
            Ok::<BTreeMap<_, _>, workspace::Error>(files.into_iter().zip(submodules).collect())
        });
        match looked.await {
            Ok(submodules) => {
                brief.leave_out_submodules(|path| submodules.get(path).cloned().flatten());
            }
            Err(error) => tracing::warn!("a brief was not compared with the submodules: {error}"),
        }
    }
}

impl Mailbox for SearcherMailbox {
    type Result = Brief;

    async fn call(&mut self, tool: &str, arguments: &Value) -> MailboxAnswer<Brief> {
        match tool {
            "mission_brief" => match parse_brief(arguments) {
                Ok(mut brief) => {
                    self.compare(&mut brief).await;
                    MailboxAnswer::Accepted(brief)
                }
                Err(problems) => MailboxAnswer::Refused(problems),
            },
            "mission_page" => pages::answer(&self.context.desk, arguments),
            other => unknown(other, Role::Searcher.mailbox()),
        }
    }
}
