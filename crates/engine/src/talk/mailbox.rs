//! The tools that a role may call, and their answers.
//!
//! It ends no session: the answer says what is wrong, so that the role can call again.

use std::future::Future;

use serde_json::Value;

/// The answer to a tool call.
pub(crate) enum MailboxAnswer<T> {
    /// The submission is accepted: the role is done.
    Accepted(T),
    /// An answer for the model, which continues.
    Reply(String),
    /// The problems of a submission, told to the model. The engine counts refusals, because a role
    /// may not repeat them without end.
    Refused(Vec<String>),
}

pub(crate) trait Mailbox: Send {
    type Result: Send;

    fn call(
        &mut self,
        tool: &str,
        arguments: &Value,
    ) -> impl Future<Output = MailboxAnswer<Self::Result>> + Send;
}

/// The text that tells the model what is wrong with its call.
pub(crate) fn refusal(tool: &str, problems: &[String]) -> String {
    let mut text = format!("refused: {tool} was not accepted. Fix this and call {tool} again:\n");
    for problem in problems {
        text.push_str("- ");
        text.push_str(problem);
        text.push('\n');
    }
    text
}

/// The answer to a call of a tool that this role does not have.
pub(crate) fn unknown<T>(tool: &str, own: &str) -> MailboxAnswer<T> {
    MailboxAnswer::Refused(vec![format!("`{tool}` is not this role's tool; submit with `{own}`")])
}
