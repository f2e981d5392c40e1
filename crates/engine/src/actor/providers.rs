//! The engine's side of models and their providers: which models may answer a role, their prices, and reports of
//! failures.
//!
//! `mission::provider` decides which model may be asked. This file reads settings and prices for it, and never asks a
//! model itself.

use std::time::Duration;

use mission::provider::{Fault, is_rate_limit};
use mission::{Event, Role, State, TaskId};

use crate::config::Config;
use crate::host::{Host, HostRequest, ModelLimits, Models};
use crate::text::nearest;

/// How long the host may take to report its models' prices.
const ASKING: Duration = Duration::from_secs(10);
/// The most tokens that OpenCode allows in one answer, whatever the model's own limit.
const MOST_ANSWERED: u64 = 32_000;
/// The name in messages of the model that OpenCode chooses itself.
const CHOSEN_BY_HOST: &str = "OpenCode's default model";

/// A model that may answer a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Candidate {
    /// The name in journal and messages.
    pub name: String,
    /// The name for the host; `None`: the host chooses.
    pub model: Option<String>,
    /// The variant of the settings, if the model has it.
    pub variant: Option<String>,
}

/// The result of a prompt to a model.
#[derive(Clone, Debug)]
pub(crate) enum Report {
    Failed {
        model: String,
        fault: Fault,
        reason: String,
        role: Role,
        task: Option<TaskId>,
        /// Whether tools were called or tokens spent before the failure.
        worked: bool,
    },
    /// The host waits for the provider.
    Waits {
        model: String,
        reason: String,
    },
    Answered {
        model: String,
    },
}

impl Report {
    /// The event for the report; `None` if it changes nothing.
    pub fn event(self, state: &State, at_ms: u64) -> Option<Event> {
        match self {
            Report::Failed { model, fault, reason, role, task, worked } => {
                let wait_ms = state.providers.wait_ms(&model, fault, at_ms, &state.mission);
                Some(Event::ProviderFailed { model, fault, reason, role, task, wait_ms, at_ms, worked })
            }
            Report::Waits { model, reason } if is_rate_limit(&reason) => {
                Some(Event::ProviderSlowed { model, reason, at_ms })
            }
            Report::Waits { .. } => None,
            Report::Answered { model } => {
                state.providers.is_news(&model).then_some(Event::ProviderAnswered { model, at_ms })
            }
        }
    }
}

/// The models that may answer a role: its model and its fallbacks, beginning with the one at `place` (0: the model
/// itself).
pub(crate) fn candidates(config: &Config, models: &Models, role: Role, place: u32) -> Vec<Candidate> {
    let settings = config.roles.of(role);
    let variant = settings.variant.map(str::to_string);
    let own = match settings.model {
        Some(model) => Candidate { name: model.to_string(), model: Some(model.to_string()), variant },
        None => {
            let name = models.default.clone().unwrap_or_else(|| CHOSEN_BY_HOST.into());
            Candidate { name, model: None, variant }
        }
    };
    let others = settings.fallback.iter().map(ToString::to_string).map(|name| {
        let has = |variant: &&str| {
            models.variants.get(&name).is_some_and(|all| all.iter().any(|one| one == variant))
        };
        let variant = settings.variant.filter(has).map(str::to_string);
        Candidate { model: Some(name.clone()), name, variant }
    });
    let mut all: Vec<Candidate> = std::iter::once(own).chain(others).collect();
    let place = place as usize;
    if place < all.len() {
        all.rotate_left(place);
    }
    all
}

/// Every model that the settings name.
fn named(config: &Config) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for role in Role::ALL {
        for candidate in candidates(config, &Models::default(), role, 0) {
            names.extend(candidate.model);
        }
    }
    names.extend(config.context.embeddings.as_ref().map(ToString::to_string));
    names.sort();
    names.dedup();
    names
}

/// What the host knows about the models that a mission may ask; empty if the host does not say.
pub(crate) async fn models(host: &dyn Host, config: &Config) -> Models {
    let request = HostRequest::Models { models: named(config) };
    match tokio::time::timeout(ASKING, host.call(request)).await {
        Ok(Ok(answer)) => serde_json::from_value(answer).unwrap_or_default(),
        Ok(Err(error)) => {
            tracing::warn!("{error}");
            Models::default()
        }
        Err(_) => Models::default(),
    }
}

/// Why the mission cannot begin, in words, if the host does not know a model of the settings. Otherwise one task after
/// the other would fail.
pub(crate) fn unknown(config: &Config, models: &Models) -> Option<String> {
    if models.known.is_empty() {
        return None;
    }
    let mut lines: Vec<String> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for role in Role::ALL {
        for candidate in candidates(config, models, role, 0) {
            let name = &candidate.name;
            if name == CHOSEN_BY_HOST || models.known.contains(name) || seen.contains(name) {
                continue;
            }
            seen.push(name.clone());
            let place = match &candidate.model {
                Some(_) => format!("`[roles.{role}]` in opencode.toml"),
                None => "`model` in opencode.json".to_string(),
            };
            let near = nearest(name, models.known.iter().map(String::as_str));
            let hint = near.map(|near| format!(" Did you mean `{near}`?")).unwrap_or_default();
            lines.push(format!("OpenCode does not know the model `{name}`, which {place} names.{hint}"));
        }
    }
    if lines.is_empty() {
        return unknown_variants(config, models).or_else(|| without_room(config, models));
    }
    lines.push("Name a model that `opencode models` lists, or add it to `provider` in opencode.json.".into());
    Some(lines.join("\n"))
}

/// Why the mission cannot begin, in words, if a model does not have the variant of the settings: OpenCode would
/// silently ask without it.
fn unknown_variants(config: &Config, models: &Models) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    for role in Role::ALL {
        let Some(candidate) = candidates(config, models, role, 0).into_iter().next() else { continue };
        let (Some(variant), Some(all)) = (&candidate.variant, models.variants.get(&candidate.name)) else {
            continue;
        };
        if all.contains(variant) {
            continue;
        }
        let known =
            if all.is_empty() { "it has none".to_string() } else { format!("it has {}", all.join(", ")) };
        let name = &candidate.name;
        lines.push(format!(
            "OpenCode knows no variant `{variant}` of `{name}`, which `[roles.{role}]` in opencode.toml names; {known}."
        ));
    }
    if lines.is_empty() { None } else { Some(lines.join("\n")) }
}

/// Why the mission cannot begin, in words, if an answer may fill the whole context of a role's model: OpenCode would
/// compact its sessions again and again. A fallback stops no mission: it may never be asked.
fn without_room(config: &Config, models: &Models) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    for candidate in
        Role::ALL.into_iter().filter_map(|role| candidates(config, models, role, 0).into_iter().next())
    {
        let name = &candidate.name;
        let full =
            |limits: &&ModelLimits| limits.context > 0 && limits.output.min(MOST_ANSWERED) >= limits.context;
        let Some(limits) = models.limits.get(name).filter(full) else { continue };
        let line = format!(
            "`{name}` may answer with {} tokens and holds {} in all, as OpenCode has it: no room is left for a question. Set \
             `limit.output` of the model below `limit.context` in opencode.json, or name another model in `[roles.*]`.",
            limits.output, limits.context
        );
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.is_empty() { None } else { Some(lines.join("\n")) }
}

/// Why the mission cannot begin, in words, if there is a limit of money and a model has no price.
pub(crate) fn unpriced(config: &Config, models: &Models) -> Option<String> {
    let key = match (config.budget.cost_usd.get(), config.budget.task.cost_usd.get()) {
        (Some(_), _) => "budget.cost_usd",
        (None, Some(_)) => "budget.task.cost_usd",
        (None, None) => return None,
    };
    let mut free: Vec<String> = Vec::new();
    for role in Role::ALL {
        for candidate in candidates(config, models, role, 0) {
            let known = models.prices.get(&candidate.name).is_some_and(|price| price.is_known());
            let name = format!("`{}`", candidate.name);
            if !known && !free.contains(&name) {
                free.push(name);
            }
        }
    }
    if free.is_empty() {
        return None;
    }
    let (who, has) = (free.join(", "), if free.len() == 1 { "has" } else { "have" });
    Some(format!(
        "`{key}` cannot be enforced: {who} {has} no price in OpenCode, so its cost would not be counted. Give it one in \
         opencode.json (`provider.<name>.models.<name>.cost`), name another model in `[roles.*]`, or limit `budget.tokens` \
         instead."
    ))
}

#[cfg(test)]
mod tests {
    use mission::Price;

    use super::*;

    fn config(toml: &str) -> Config {
        let source = crate::config::Source { name: "t".into(), text: toml.into() };
        crate::config::load(Some(source), None, None, Default::default()).unwrap()
    }

    fn prices(names: &[&str]) -> Models {
        let price = Price { input: 1.0, ..Price::default() };
        Models { prices: names.iter().map(|name| (name.to_string(), price)).collect(), ..Models::default() }
    }

    #[test]
    fn a_model_has_to_have_room_for_a_question() {
        let mut models = prices(&["a/x", "b/y"]);
        models.known = vec!["a/x".into(), "b/y".into()];
        models.limits.insert("a/x".into(), ModelLimits { context: 8_000, output: 8_000 });
        models.limits.insert("b/y".into(), ModelLimits { context: 8_000, output: 2_000 });
        let of = |model: &str| {
            let roles = ["searcher", "planner", "coder", "reviewer", "fixer"];
            config(&roles.map(|role| format!("[roles.{role}]\nmodel = \"{model}\"\n")).concat())
        };
        assert_eq!(unknown(&of("b/y"), &models), None);
        let why = unknown(&of("a/x"), &models).unwrap();
        assert_eq!(why.lines().count(), 1);
        assert!(why.contains("`a/x` may answer with 8000 tokens and holds 8000"), "{why}");
        let fallback = config("[roles.coder]\nmodel = \"b/y\"\nfallback = [\"a/x\"]\n");
        assert_eq!(unknown(&fallback, &models), None, "a fallback stops no mission");
        models.limits.insert("a/x".into(), ModelLimits { context: 262_144, output: 262_144 });
        assert_eq!(unknown(&of("a/x"), &models), None, "OpenCode asks for fewer tokens than that");
    }

    #[test]
    fn a_limit_of_money_needs_a_price_for_every_model() {
        let all = "[budget]\ncost_usd = 1.0\n[roles.coder]\nmodel = \"a/x\"\nfallback = [\"b/y\"]\n";
        let mut models = prices(&["a/x", "b/y", "c/z"]);
        models.default = Some("c/z".into());
        assert_eq!(unpriced(&config(all), &models), None);
        models.prices.remove("b/y");
        let why = unpriced(&config(all), &models).unwrap();
        assert!(why.contains("`b/y` has no price") && !why.contains("a/x"), "{why}");
        models.prices.insert("b/y".into(), Price::default());
        assert!(unpriced(&config(all), &models).is_some(), "a price of nothing is none");
        assert_eq!(unpriced(&config(""), &Models::default()), None);
        let why = unpriced(&config("[budget.task]\ncost_usd = 1.0"), &Models::default()).unwrap();
        assert!(why.contains("budget.task.cost_usd") && why.contains(CHOSEN_BY_HOST), "{why}");
    }

    #[test]
    fn a_model_that_the_host_does_not_know_is_named_before_anything_is_asked() {
        let known = |names: &[&str]| Models {
            default: Some("a/x".into()),
            known: names.iter().map(ToString::to_string).collect(),
            ..Models::default()
        };
        let toml = "[roles.coder]\nmodel = \"a/lrge-1\"\nfallback = [\"b/y\"]\n";
        assert_eq!(unknown(&config(toml), &Models::default()), None, "a host that says nothing");
        assert_eq!(unknown(&config(toml), &known(&["a/x", "a/lrge-1", "b/y"])), None);
        let why = unknown(&config(toml), &known(&["a/x", "a/large-1", "b/y"])).unwrap();
        assert!(why.contains("`a/lrge-1`") && why.contains("[roles.coder]"), "{why}");
        assert!(why.contains("Did you mean `a/large-1`?") && !why.contains("b/y"), "{why}");
        let why = unknown(&config(""), &known(&["b/y"])).unwrap();
        assert_eq!(why.matches("`a/x`").count(), 1, "{why}");
        assert!(why.contains("opencode.json"), "{why}");
    }

    #[test]
    fn a_variant_must_be_one_that_the_host_knows_and_fallbacks_use_their_own() {
        let mut models = Models { default: Some("a/x".into()), ..Models::default() };
        models.variants.insert("a/x".into(), vec!["low".into(), "high".into()]);
        models.variants.insert("b/y".into(), vec!["high".into()]);
        models.variants.insert("c/z".into(), Vec::new());
        models.known = ["a/x", "b/y", "c/z"].map(str::to_string).to_vec();
        let config = config("[roles.coder]\nvariant = \"high\"\nfallback = [\"b/y\", \"c/z\"]\n");
        assert_eq!(unknown(&config, &models), None);
        let all = candidates(&config, &models, Role::Coder, 0);
        let variants: Vec<_> = all.into_iter().map(|candidate| candidate.variant).collect();
        assert_eq!(variants, [Some("high".into()), Some("high".into()), None]);
        models.variants.insert("a/x".into(), vec!["low".into()]);
        let why = unknown(&config, &models).unwrap();
        assert!(
            why.contains("`high` of `a/x`") && why.contains("[roles.coder]") && why.contains("has low"),
            "{why}"
        );
        models.variants.remove("a/x");
        assert_eq!(unknown(&config, &models), None, "a host that does not say");
    }

    #[test]
    fn candidates_begin_where_the_ladder_says() {
        let config = config("[roles.coder]\nmodel = \"a/x\"\nfallback = [\"b/y\", \"c/z\"]\n");
        let names = |place| -> Vec<String> {
            let all = candidates(&config, &Models::default(), Role::Coder, place);
            all.into_iter().map(|candidate| candidate.name).collect()
        };
        assert_eq!(names(0), ["a/x", "b/y", "c/z"]);
        assert_eq!(names(1), ["b/y", "c/z", "a/x"]);
        assert_eq!(names(7), ["a/x", "b/y", "c/z"]);
        let reviewer = candidates(&config, &Models::default(), Role::Reviewer, 0);
        assert_eq!(reviewer, [Candidate { name: CHOSEN_BY_HOST.into(), model: None, variant: None }]);
    }
}
