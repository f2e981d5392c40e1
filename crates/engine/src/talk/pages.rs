//! Text that is too long for a desk, kept as files that a role reads with `mission_page`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use mission::mailbox::parse_page;
use serde_json::Value;

use crate::blocking::blocking;
use crate::talk::desk::Desk;
use crate::talk::mailbox::MailboxAnswer;
use crate::text::cut;

/// Lines of one answer, if the role asks for no number.
const LINES: usize = 200;
/// Bytes of one answer.
const BYTES: usize = 16_000;

static COUNT: AtomicU32 = AtomicU32::new(1);

/// Stores a text as a page; returns the line that names it.
pub(crate) async fn store(desk: &Arc<Desk>, kind: &str, text: &str) -> String {
    match keep(desk, kind, text).await {
        Ok(name) => format!("[page `{name}`: {} lines; read it with mission_page]", text.lines().count()),
        Err(error) => format!("[the rest could not be kept: {error}]"),
    }
}

/// Stores a text as a page; returns the page's name.
pub(crate) async fn keep(desk: &Arc<Desk>, kind: &str, text: &str) -> Result<String, String> {
    let name = format!("{kind}-{}", COUNT.fetch_add(1, Ordering::Relaxed));
    let text = desk.redactor.redact(text).into_owned();
    let (dir, page) = (desk.dir.clone(), name.clone());
    blocking(move || dir.page_path(&page).and_then(|path| journal::write_atomic(&path, text.as_bytes())))
        .await
        .map_err(|error| error.to_string())?;
    Ok(name)
}

/// The answer to `mission_page`.
pub(crate) fn answer<T>(desk: &Arc<Desk>, arguments: &Value) -> MailboxAnswer<T> {
    let request = match parse_page(arguments) {
        Ok(request) => request,
        Err(problems) => return MailboxAnswer::Refused(problems),
    };
    let text = desk.dir.page_path(&request.page).ok().and_then(|path| std::fs::read_to_string(path).ok());
    let Some(text) = text else {
        return MailboxAnswer::Refused(vec![format!(
            "there is no page `{}`; pages are named in brackets",
            cut(&request.page, 60)
        )]);
    };
    let total = text.lines().count();
    let offset = request.offset.unwrap_or(0).min(total as u64) as usize;
    let limit = request.limit.map_or(LINES, |n| n.min(2000) as usize);
    let part: Vec<&str> = text.lines().skip(offset).take(limit).collect();
    let end = offset + part.len();
    MailboxAnswer::Reply(format!(
        "{}\n[lines {} to {end} of {total}]",
        cut(&part.join("\n"), BYTES),
        offset + 1
    ))
}
