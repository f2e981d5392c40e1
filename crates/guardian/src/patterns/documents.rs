//! Splits rule files into YAML documents, and formats the errors of a faulty one.
//!
//! The content of a rule file is never executed.

/// The documents of a YAML stream, with the number of lines before each.
pub(crate) fn documents(yaml: &str) -> Vec<(u32, &str)> {
    let mut found = Vec::new();
    let (mut start, mut at, mut line, mut first_line) = (0, 0, 0, 0);
    for text in yaml.split_inclusive('\n') {
        if text.trim_end() == "---" {
            found.push((first_line, &yaml[start..at]));
            start = at + text.len();
            first_line = line + 1;
        }
        at += text.len();
        line += 1;
    }
    found.push((first_line, &yaml[start..]));
    found.retain(|(_, text)| text.lines().any(|l| !l.trim().is_empty() && !l.trim_start().starts_with('#')));
    found
}

/// An error with its causes, in a sentence.
pub(crate) fn with_causes(error: &dyn std::error::Error) -> String {
    let mut message = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        message.push_str(": ");
        message.push_str(&inner.to_string());
        cause = inner.source();
    }
    message
}
