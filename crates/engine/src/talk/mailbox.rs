//! What a role may call, and what it is answered.
//!
//! It ends no session: the answer says what is wrong, so that the role can call again.

use std::future::Future;

use serde_json::Value;

/// The answer to a tool call.
pub(crate) enum MailboxAnswer<T> {
    /// Submitted: the role is done.
    Accepted(T),
    /// Said to the model; it goes on.
    Reply(String),
    /// What was wrong, said to the model; counted, for it cannot go on forever.
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

/// The words in which a model reads what is wrong with its call.
pub(crate) fn refusal(tool: &str, problems: &[String]) -> String {
    let mut text = format!("refused: {tool} was not accepted. Fix this and call {tool} again:\n");
    for problem in problems {
        text.push_str("- ");
        text.push_str(problem);
        text.push('\n');
    }
    text
}

/// For a tool that this role does not have.
pub(crate) fn unknown<T>(tool: &str, own: &str) -> MailboxAnswer<T> {
    MailboxAnswer::Refused(vec![format!("`{tool}` is not this role's tool; submit with `{own}`")])
}
