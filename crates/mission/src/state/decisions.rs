//! Decisions that the objective leaves open and that change the plan: the questions of the brief, the user's answers,
//! and the defaults for unanswered questions.

use serde::{Deserialize, Serialize};

use super::State;
use crate::Event;
use crate::mailbox::OpenDecision;

/// The minutes that the Planner waits for answers; then the defaults are taken.
pub const ANSWER_MINUTES: u64 = 5;

/// A question of the brief with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    pub question: String,
    pub choices: Vec<String>,
    pub default: String,
    /// The choice, once it is decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chosen: Option<String>,
    /// The user did not answer: the default was taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_default: bool,
}

impl Decision {
    fn open(asked: &OpenDecision) -> Decision {
        Decision {
            question: asked.question.clone(),
            choices: asked.choices.clone(),
            default: asked.default.clone(),
            chosen: None,
            by_default: false,
        }
    }

    /// The letter that names a choice.
    pub fn letter(choice: usize) -> char {
        char::from(b'a' + u8::try_from(choice % 26).unwrap_or_default())
    }
}

impl State {
    /// Whether the Planner waits for answers.
    pub fn clarification_due(&self) -> bool {
        self.tasks.is_empty() && self.decisions.iter().any(|decision| decision.chosen.is_none())
    }

    /// The events of an answer: `b` if one question is open, `1b 2a` for several, `defaults` for all open ones. On an
    /// error nothing is decided; the text says what is wrong.
    pub fn answer(&self, text: &str, at_ms: u64) -> Result<Vec<Event>, String> {
        let open: Vec<usize> =
            (0..self.decisions.len()).filter(|at| self.decisions[*at].chosen.is_none()).collect();
        if open.is_empty() || !self.clarification_due() {
            return Err("no question waits for an answer; `/task tell <text>` corrects the mission".into());
        }
        let words: Vec<String> = text
            .split(|c: char| c.is_whitespace() || c == ',')
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        if words.is_empty() {
            return Err("which choice? `/task answer 1b 2a`, or `/task answer defaults`".into());
        }
        if words == ["defaults"] || words == ["default"] {
            return Ok(vec![Event::DefaultsTaken { reason: "you asked for them".into(), at_ms }]);
        }
        let mut events: Vec<Event> = Vec::new();
        for word in &words {
            let digits = word.trim_start_matches(|c: char| c.is_ascii_digit());
            let (number, letter) = word.split_at(word.len() - digits.len());
            let at = match (number.parse::<usize>(), open.as_slice()) {
                (Ok(number), _) => number.checked_sub(1).filter(|at| open.contains(at)),
                (Err(_), [only]) => Some(*only),
                (Err(_), _) => None,
            };
            let at = at.ok_or_else(|| {
                let numbers: Vec<String> = open.iter().map(|at| (at + 1).to_string()).collect();
                format!(
                    "`{word}` names no open question; open: {}. `/task answer {}b` takes the second choice",
                    numbers.join(", "),
                    numbers[0]
                )
            })?;
            let choices = &self.decisions[at].choices;
            let chosen = (0..choices.len()).find(|choice| letter == Decision::letter(*choice).to_string());
            let choice = chosen.map(|choice| choices[choice].clone()).ok_or_else(|| {
                let last = Decision::letter(choices.len().saturating_sub(1));
                format!("`{word}` names no choice of question {}; its choices are a to {last}", at + 1)
            })?;
            let question = u32::try_from(at + 1).unwrap_or(u32::MAX);
            let of_it = |event: &Event| matches!(event, Event::Answered { question: known, .. } if *known == question);
            if events.iter().any(of_it) {
                return Err(format!("question {question} is answered twice; choose one"));
            }
            events.push(Event::Answered { question, choice, at_ms });
        }
        Ok(events)
    }

    /// The decisions for every prompt that plans or judges the whole.
    pub fn decided(&self) -> impl Iterator<Item = &Decision> {
        self.decisions.iter().filter(|decision| decision.chosen.is_some())
    }

    /// Takes the questions of a brief. The user is asked only if they want that; otherwise the defaults are taken.
    pub(super) fn open_decisions(&mut self, asked: &[OpenDecision]) {
        self.decisions = asked.iter().map(Decision::open).collect();
        if !self.policy.clarify {
            self.take_defaults();
        }
    }

    pub(super) fn settled(&mut self, event: &Event) {
        match event {
            Event::Answered { question, choice, .. } => {
                let at = (*question as usize).checked_sub(1);
                if let Some(decision) = at.and_then(|at| self.decisions.get_mut(at))
                    && decision.chosen.is_none()
                    && decision.choices.contains(choice)
                {
                    decision.chosen = Some(choice.clone());
                }
            }
            Event::DefaultsTaken { .. } => self.take_defaults(),
            _ => {}
        }
    }

    pub(super) fn take_defaults(&mut self) {
        for decision in self.decisions.iter_mut().filter(|decision| decision.chosen.is_none()) {
            decision.chosen = Some(decision.default.clone());
            decision.by_default = true;
        }
    }
}
