//! The Searcher: reads the repository and submits a brief.
//!
//! It only reads. Without a brief the mission continues, too.

use std::path::PathBuf;
use std::sync::Arc;

use mission::mailbox::{Brief, parse_brief};
use mission::{Event, Role, State};
use serde_json::Value;

use crate::failure::RoleFailure;
use crate::steps::context::MissionContext;
use crate::steps::plan::reading;
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
        base,
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
    let mut mailbox = SearcherMailbox { context: context.clone(), root: lease.slot.path.clone() };
    conversation.ask(Role::Searcher, text, &mut mailbox).await
}

struct SearcherMailbox {
    context: Arc<MissionContext>,
    /// The slot in which the files of a brief must exist.
    root: PathBuf,
}

impl Mailbox for SearcherMailbox {
    type Result = Brief;

    async fn call(&mut self, tool: &str, arguments: &Value) -> MailboxAnswer<Brief> {
        match tool {
            "mission_brief" => match parse_brief(arguments) {
                Ok(mut brief) => {
                    brief.compare(|path| self.root.join(path).symlink_metadata().is_ok());
                    MailboxAnswer::Accepted(brief)
                }
                Err(problems) => MailboxAnswer::Refused(problems),
            },
            "mission_page" => pages::answer(&self.context.desk, arguments),
            other => unknown(other, Role::Searcher.mailbox()),
        }
    }
}
