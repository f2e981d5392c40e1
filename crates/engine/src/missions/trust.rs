//! Settings of the repository that the user has not trusted: asked about where somebody can answer, and said in one sentence
//! where nobody can. Which settings these are is decided by `config`; the answers are kept by `journal`.

use std::fmt::Write;

use journal::{Answer, StateDir};

use crate::config::Withheld;
use crate::config::settings::Settings;
use crate::options::EngineOptions;
use crate::text::{count, quoted, visible};

/// Settings that are listed; a file with more of them is to be read as a whole.
const MOST_LISTED: usize = 60;

/// Keeps the options of the plugin's entry for the program, which is not given any.
pub(crate) fn remember(options: &EngineOptions, state: &StateDir) -> Result<(), String> {
    let text = options.options.as_ref().filter(|_| !options.own_options).map(ToString::to_string);
    let mut trust = state.trust();
    if trust.options() == text.as_deref() {
        return Ok(());
    }
    trust.remember_options(text);
    state.keep_trust(&trust).map_err(|error| error.to_string())
}

/// Whether something is not used, and the user has not said yet that it should stay so.
pub(crate) fn is_open(settings: &Settings, state: &StateDir) -> bool {
    let trust = state.trust();
    settings.loosening.iter().any(|(kind, text)| trust.answer(kind, text).is_none())
}

/// The user continued a mission that had shown these very texts: they are trusted from now on. Says whether any is.
pub(crate) fn agree(settings: &Settings, state: &StateDir, mission: &str) -> Result<bool, String> {
    let mut trust = state.trust();
    let mut any = false;
    for (kind, text) in &settings.loosening {
        if trust.answer(kind, text).is_none() && trust.was_shown(mission, kind, text) {
            trust.set(kind, text, Answer::Trusted);
            any = true;
        }
    }
    if any {
        state.keep_trust(&trust).map_err(|error| error.to_string())?;
    }
    Ok(any)
}

/// The question, with the lines that matter. A later `/task resume` of this mission is the answer.
pub(crate) fn ask(settings: &Settings, state: &StateDir, mission: &str) -> Result<String, String> {
    let mut trust = state.trust();
    let texts: Vec<(&str, &str)> =
        settings.loosening.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
    trust.ask(mission, &texts);
    state.keep_trust(&trust).map_err(|error| error.to_string())?;
    Ok(format!(
        "**Your consent is needed**: {}, and you have not trusted it:\n\n{}\nMission `{mission}` waits. `/task resume` trusts \
         exactly these lines in this project and begins. To begin without them: `opencode-orchestrator trust --revoke`, \
         then `/task resume`.\n",
        what(&settings.config.withheld),
        lines(&settings.config.withheld)
    ))
}

/// Why a mission that asks is paused.
pub(crate) fn what(withheld: &[Withheld]) -> String {
    let n = withheld.len();
    let (loosens, runs) = if n == 1 { ("loosens", "runs") } else { ("loosen", "run") };
    format!("{} of this repository {loosens} your limits or {runs} something", count(n, "setting"))
}

/// The settings, one a line, as a list.
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

/// Said where a mission runs without them.
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
