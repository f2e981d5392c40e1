//! Taking secrets out of text that is written, shown or sent.
//!
//! It looks for three things: values of environment variables with secret names, secrets in files that tools know, and
//! texts with the shape of a key. Each pass is linear in the text. What looks like an ordinary hash (a git object, a
//! UUID) stays. It keeps no list of found secrets: it counts them by hash.

mod environment;
mod files;
mod shapes;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::hash::{Hash, Hasher};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Replaces secrets by `[redacted:<what>]`. It is cheap to clone, and redacting twice changes nothing more.
#[derive(Clone)]
pub struct Redactor {
    /// Values to look for with their replacements, the longest first.
    values: Arc<[(String, String)]>,
    /// Hashes of the secrets that were taken out so far, so that each is counted once.
    seen: Arc<Mutex<BTreeSet<u64>>>,
}

impl Redactor {
    /// A redactor that knows the values of secret-named variables in `env`, for instance
    /// `std::env::vars()`, and the well-known shapes.
    pub fn new(env: impl Iterator<Item = (String, String)>) -> Self {
        Self { values: environment::secrets(env).into(), seen: Arc::default() }
    }

    /// A redactor that knows shapes only.
    pub fn shapes_only() -> Self {
        Self { values: Arc::new([]), seen: Arc::default() }
    }

    /// This redactor, which also knows the secrets of a project, of its user and of OpenCode. Its count starts at 0.
    pub fn with_files(&self, root: &Path, home: Option<&Path>, data_home: &Path) -> Self {
        let files = environment::values(files::secrets(root, home, data_home).into_iter());
        let mut values: Vec<(String, String)> = self.values.iter().cloned().chain(files).collect();
        values.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        values.dedup_by(|a, b| a.0 == b.0);
        Self { values: values.into(), seen: Arc::default() }
    }

    /// How many different secrets were taken out of texts so far.
    pub fn taken_out(&self) -> usize {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    fn saw(&self, secret: &str) {
        const MOST_SEEN: usize = 100_000;
        let mut hasher = std::hash::DefaultHasher::new();
        secret.hash(&mut hasher);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() < MOST_SEEN {
            seen.insert(hasher.finish());
        }
    }

    /// The text without secrets; borrowed if there were none.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for (value, replacement) in self.values.iter() {
            if text.contains(value.as_str()) {
                self.saw(value);
                text = Cow::Owned(text.replace(value.as_str(), replacement));
            }
        }
        shapes::redact(text, &|secret| self.saw(secret))
    }

    /// Redacts every string in `value`, the keys of objects included.
    pub fn redact_json(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(redacted) = self.redact(text) {
                    *text = redacted;
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.redact_json(item)),
            Value::Object(map) => {
                let renamed: Vec<(String, String)> = map
                    .keys()
                    .filter_map(|key| match self.redact(key) {
                        Cow::Owned(redacted) if redacted != *key => Some((key.clone(), redacted)),
                        _ => None,
                    })
                    .collect();
                for (key, redacted) in renamed {
                    if let Some(value) = map.remove(&key) {
                        map.insert(redacted, value);
                    }
                }
                map.values_mut().for_each(|item| self.redact_json(item));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// The same value without secrets. An event is redacted before it is applied, so that the state in memory equals
    /// what the journal replays.
    ///
    /// # Errors
    /// If `value` does not survive being written as JSON and read back.
    pub fn redact_value<T: Serialize + DeserializeOwned>(&self, value: &T) -> Result<T, serde_json::Error> {
        let mut json = serde_json::to_value(value)?;
        self.redact_json(&mut json);
        serde_json::from_value(json)
    }
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The values must not reach a log through `{:?}`.
        write!(f, "Redactor({} values)", self.values.len())
    }
}

#[cfg(test)]
mod tests;
