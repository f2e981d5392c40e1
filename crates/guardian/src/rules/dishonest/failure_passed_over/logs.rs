//! Recognizes statements that write a log entry, and comments that give a reason.
//!
//! For the other parts of `failure-passed-over`, which judge. It must report nothing.

use crate::code::file::File;

pub(super) fn shown(text: &str) -> String {
    text.lines().next().unwrap_or_default().chars().take(50).collect()
}

/// Whether a text writes output or a log entry.
pub(super) fn is_log(text: &str) -> bool {
    const STARTS: &[&str] = &[
        "console.",
        "print(",
        "log.",
        "logger.",
        "logging.",
        "log(",
        "warn(",
        "self.logger.",
        "self.log.",
        "self._logger.",
        "self._log.",
        "this.logger.",
        "this.log.",
        "_logger.",
        "_log.",
        "LOG.",
        "LOGGER.",
        "slog.",
        "fmt.Print",
        "fmt.Fprint",
        "eprintln",
        "println",
        "eprint",
        "log::",
        "tracing::",
        "warn!",
        "error!",
        "info!",
        "debug!",
        "trace!",
        "warnings.warn(",
        "traceback.print",
        "process.stderr.write(",
        "process.stdout.write(",
        "sys.stderr.write(",
        "zap.",
        "logrus.",
        "glog.",
        "klog.",
        "winston.",
    ];
    let text = text.trim().trim_start_matches("await ");
    let exits = [".Fatal", ".Panic", "log.fatal(", "logger.fatal("].iter().any(|word| text.contains(word));
    let named = || {
        text.split('(').next().is_some_and(|callee| {
            let callee = callee.to_lowercase();
            callee.len() < 40
                && (callee.contains("logger.") || callee.contains(".log.") || callee.ends_with(".log"))
        })
    };
    !exits && (STARTS.iter().any(|start| text.starts_with(start)) || named())
}

/// Whether a comment in a block gives a reason.
pub(super) fn explains(file: &File, block: usize) -> bool {
    let flat = file.flat();
    flat.below(block)
        .any(|i| flat.kind(i).contains("comment") && file.text_of(i).split_whitespace().count() > 3)
}
