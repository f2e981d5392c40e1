//! `trust [--show|--revoke]`: the user's answer whether this project's own settings may loosen limits. It is
//! valid for exactly their text.
//!
//! Only this command may answer for the user.

use std::path::Path;

use journal::{Answer as Said, StateDir, Trust};
use serde_json::json;

use super::answer::{CommandAnswer, CommandFailure};
use super::place::Place;
use crate::config::settings::{self, Options, Settings};
use crate::missions::trust::{lines, what};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Only list the settings that need your trust, and whether they have it.
    #[arg(long, conflicts_with = "revoke")]
    show: bool,
    /// Use none of them, and do not ask again while they stay the same.
    #[arg(long)]
    revoke: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Arguments, place: &Place) -> Result<CommandAnswer, CommandFailure> {
    let settings = bare(place)?;
    if settings.loosening.is_empty() && !args.json {
        return Ok(CommandAnswer::done(
            "This project's own settings loosen nothing: there is nothing to trust.\n",
        ));
    }
    let withheld = &settings.config.withheld;
    if args.json {
        return as_json(args, place, &settings);
    }
    let (listed, heading) = (lines(withheld), capital(&what(withheld)));
    let trust = place.state.trust();
    if args.show {
        let answers: Vec<_> =
            settings.loosening.iter().map(|(kind, text)| (*kind, trust.answer(kind, text))).collect();
        let standing: String = answers
            .iter()
            .map(|(kind, answer)| {
                let word = match answer {
                    Some(Said::Trusted) => "trusted",
                    Some(Said::Refused) => "not used, as you said",
                    None => "not used until you trust it",
                };
                format!("{kind}: {word}\n")
            })
            .collect();
        return Ok(CommandAnswer::done(format!("{heading}:\n\n{listed}\n{standing}")));
    }
    keep(args, place, &settings)?;
    let said = if args.revoke {
        "They are not used, and missions ask no more."
    } else {
        "Trusted, for exactly this text. A change of it asks again."
    };
    Ok(CommandAnswer::done(format!("{heading}:\n\n{listed}\n{said}\n")))
}

/// Keeps the user's answer to each group of settings.
fn keep(args: &Arguments, place: &Place, settings: &Settings) -> Result<(), CommandFailure> {
    let answer = if args.revoke { Said::Refused } else { Said::Trusted };
    let answer_all = |trust: &mut Trust| {
        for (kind, text) in &settings.loosening {
            trust.set(kind, text, answer);
        }
    };
    place.open_state()?.change_trust(answer_all).map_err(CommandFailure::problem)
}

/// Each group of settings with the user's answer, after it was given.
fn as_json(args: &Arguments, place: &Place, settings: &Settings) -> Result<CommandAnswer, CommandFailure> {
    if !args.show && !settings.loosening.is_empty() {
        keep(args, place, settings)?;
    }
    let trust = place.state.trust();
    let answers = settings.loosening.iter().map(|(kind, text)| {
        let answer = match trust.answer(kind, text) {
            Some(Said::Trusted) => "trusted",
            Some(Said::Refused) => "refused",
            None => "open",
        };
        json!({ "kind": kind.to_string(), "text": text, "answer": answer })
    });
    CommandAnswer::json(&json!({ "settings": answers.collect::<Vec<_>>() }))
}

/// The settings as if nothing were trusted, including the plugin options of the last mission.
fn bare(place: &Place) -> Result<Settings, CommandFailure> {
    let value = place.state.trust().options().and_then(|text| serde_json::from_str(text).ok());
    let options = Options { value, own: false };
    let read = |state: &StateDir| settings::read(&place.config_home, &place.root, &options, state);
    // A state folder that cannot exist trusts nothing.
    let nothing = StateDir::at(Path::new("/dev/null"), &place.root);
    read(&nothing).map_err(|problems| {
        CommandFailure::Problem(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
