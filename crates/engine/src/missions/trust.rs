//! Settings of the repository that the user has not trusted. The user is asked if they can answer; otherwise one
//! sentence reports it. `config` decides which settings these are; `journal` keeps the answers.

use std::fmt::Write;

use journal::{Answer, StateDir, Trust};

use crate::config::Withheld;
use crate::config::settings::Settings;
use crate::options::EngineOptions;
use crate::text::{count, quoted, visible};

/// The most settings that are listed; for more, the user should read the file.
const MOST_LISTED: usize = 60;

/// Keeps the options of the plugin's entry for the command-line program, to which OpenCode does not pass them.
pub(crate) fn remember(options: &EngineOptions, state: &StateDir) -> Result<(), String> {
    let text = options.options.as_ref().filter(|_| !options.own_options).map(ToString::to_string);
    if state.trust().options() == text.as_deref() {
        return Ok(());
    }
    state.change_trust(|trust| trust.remember_options(text)).map_err(|error| error.to_string())
}

/// Whether settings are withheld, and the user has not yet refused them.
pub(crate) fn is_open(settings: &Settings, state: &StateDir) -> bool {
    let trust = state.trust();
    settings.loosening.iter().any(|(kind, text)| trust.answer(kind, text).is_none())
}

/// The user resumed a mission that had shown exactly these texts, so they are trusted from now on. Returns whether
/// any text is.
pub(crate) fn agree(settings: &Settings, state: &StateDir, mission: &str) -> Result<bool, String> {
    let trusted = |trust: &mut Trust| {
        let mut any = false;
        for (kind, text) in &settings.loosening {
            if trust.answer(kind, text).is_none() && trust.was_shown(mission, kind, text) {
                trust.set(kind, text, Answer::Trusted);
                any = true;
            }
        }
        any
    };
    state.change_trust(trusted).map_err(|error| error.to_string())
}

/// The question, with the settings in question. A later `/task resume` of this mission is the answer.
pub(crate) fn ask(settings: &Settings, state: &StateDir, mission: &str) -> Result<String, String> {
    let texts: Vec<(&str, &str)> =
        settings.loosening.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
    state.change_trust(|trust| trust.ask(mission, &texts)).map_err(|error| error.to_string())?;
    Ok(format!(
        "**Your consent is needed**: {}, and you have not trusted it:\n\n{}\nMission `{mission}` waits. `/task resume` trusts \
         exactly these lines in this project and begins. To begin without them: `opencode-orchestrator trust --revoke`, \
         then `/task resume`.\n",
        what(&settings.config.withheld),
        lines(&settings.config.withheld)
    ))
}

/// The reason of the pause for this question.
pub(crate) fn what(withheld: &[Withheld]) -> String {
    let n = withheld.len();
    let (loosens, runs) = if n == 1 { ("loosens", "runs") } else { ("loosen", "run") };
    format!("{} of this repository {loosens} your limits or {runs} something", count(n, "setting"))
}

/// The settings as a list, one per line.
pub(crate) fn lines(withheld: &[Withheld]) -> String {
    let mut text = String::new();
    for setting in withheld.iter().take(MOST_LISTED) {
        let _ = writeln!(text, "- `{}`", visible(&setting.to_string()).replace('`', "'"));
    }
    if withheld.len() > MOST_LISTED {
        let _ = writeln!(text, "- and {}", count(withheld.len() - MOST_LISTED, "more setting"));
    }
    text
}

/// The message if a mission runs without these settings.
pub(crate) fn not_used(withheld: &[Withheld]) -> Option<String> {
    if withheld.is_empty() {
        return None;
    }
    let paths: Vec<String> =
        withheld.iter().take(MOST_LISTED).map(|w| visible(&w.path).into_owned()).collect();
    Some(format!(
        "**Not used**: {}, and you have not trusted it ({}). `opencode-orchestrator trust --show` lists the lines, \
         `opencode-orchestrator trust` allows exactly these.",
        what(withheld),
        quoted(paths.iter())
    ))
}
