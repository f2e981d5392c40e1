//! The Searcher: reads the repository and hands in a brief.

use std::sync::Arc;

use mission::mailbox::{Brief, parse_brief};
use mission::{Event, Role, State};
use serde_json::Value;

use crate::failure::RoleFailure;
use crate::steps::context::MissionContext;
use crate::steps::plan::reading;
use crate::talk::conversation::{Conversation, Setting};
use crate::talk::mailbox::{Answer, Mailbox, unknown};
use crate::talk::{pages, prompt};

pub(crate) async fn run(context: &Arc<MissionContext>, state: &State) -> Vec<Event> {
    let mut spent = Vec::new();
    let event = match search(context, state, &mut spent).await {
        Ok(brief) => Event::BriefAccepted { brief },
        Err(RoleFailure { class, reason }) => Event::BriefFailed { class, reason },
    };
    spent.push(event);
    spent
}

async fn search(
    context: &Arc<MissionContext>,
    state: &State,
    spent: &mut Vec<Event>,
) -> Result<Brief, RoleFailure> {
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
    };
    let mut conversation = Conversation::open(&context.desk, setting).await?;
    let text = |attempt| {
        format!(
            "{}# Objective\n{}\n\n# What the engine ranks highest for it\n{ranking}",
            prompt::header(&context.desk.mission, Role::Searcher, None, attempt),
            state.objective
        )
    };
    conversation.ask(Role::Searcher, text, &mut SearcherMailbox { context: context.clone() }, spent).await
}

struct SearcherMailbox {
    context: Arc<MissionContext>,
}

impl Mailbox for SearcherMailbox {
    type Result = Brief;

    async fn call(&mut self, tool: &str, arguments: &Value) -> Answer<Brief> {
        match tool {
            "mission_brief" => match parse_brief(arguments) {
                Ok(brief) => Answer::Accepted(brief),
                Err(problems) => Answer::Refused(problems),
            },
            "mission_page" => pages::answer(&self.context.desk, arguments),
            other => unknown(other, Role::Searcher.mailbox()),
        }
    }
}
