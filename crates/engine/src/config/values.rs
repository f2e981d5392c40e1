//! Values with their own grammar: spans of time, model names, limits. They know no section.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time, above zero and at most 30 days, written as `"4h"`, `"10m"`, `"90s"`, `"1h30m"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

/// Units in the order in which they are written; seconds of each.
const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];
const LONGEST: u64 = 30 * 86_400;

impl Span {
    /// A span of whole seconds; the caller must keep the limits.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// The time itself.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl From<Span> for Duration {
    fn from(span: Span) -> Self {
        span.0
    }
}

impl FromStr for Span {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write it as \"4h\", \"10m\", \"90s\" or \"1h30m\"".to_owned();
        let mut rest = text.trim();
        let mut seconds = 0_u64;
        let mut units = UNITS.iter();
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let (number, tail) = rest.split_at(digits);
            // Each unit at most once, largest first: "10m 4h" is more likely a mistake.
            let (unit, size) = units.find(|(unit, _)| tail.starts_with(unit)).ok_or_else(wrong)?;
            let part = number.parse::<u64>().ok().and_then(|n| n.checked_mul(*size)).ok_or_else(wrong)?;
            seconds = seconds.checked_add(part).ok_or_else(wrong)?;
            rest = tail.get(unit.len()..).unwrap_or_default().trim_start();
        }
        match seconds {
            0 if text.trim().is_empty() => Err(wrong()),
            0 => Err("it must be longer than nothing".to_owned()),
            1..=LONGEST => Ok(Self::from_secs(seconds)),
            _ => Err("30 days (\"30d\") is the longest".to_owned()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = self.0.as_secs();
        for (unit, size) in UNITS {
            if left >= size {
                write!(f, "{}{unit}", left / size)?;
                left %= size;
            }
        }
        Ok(())
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A limit that may be lifted with `"none"`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Limit<T> {
    /// The limit itself.
    At(T),
    /// `"none"`: no limit.
    #[serde(serialize_with = "none")]
    None,
}

fn none<S: Serializer>(serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str("none")
}

impl<T: Copy> Limit<T> {
    /// The limit, if there is one.
    pub fn get(self) -> Option<T> {
        match self {
            Self::At(limit) => Some(limit),
            Self::None => None,
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Limit<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a limit or \"none\"")]
        enum Raw<T> {
            Word(Word),
            At(T),
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Word {
            None,
        }
        Ok(match Raw::deserialize(deserializer)? {
            Raw::Word(Word::None) => Self::None,
            Raw::At(limit) => Self::At(limit),
        })
    }
}

/// A model as OpenCode names it, `provider/model`; the model's own name may contain more slashes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelId(String);

impl ModelId {
    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// `anthropic` of `anthropic/claude`.
    pub fn provider(&self) -> &str {
        self.0.split_once('/').map_or("", |(provider, _)| provider)
    }

    /// `claude` of `anthropic/claude`.
    pub fn model(&self) -> &str {
        self.0.split_once('/').map_or("", |(_, model)| model)
    }
}

impl TryFrom<String> for ModelId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = "write it as `opencode models` lists it, with the provider before the slash";
        match text.split_once('/') {
            Some((provider, model))
                if !provider.is_empty() && !model.is_empty() && !text.contains(char::is_whitespace) =>
            {
                Ok(Self(text))
            }
            _ => Err(wrong.to_owned()),
        }
    }
}

impl FromStr for ModelId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.to_owned().try_into()
    }
}

impl From<ModelId> for String {
    fn from(model: ModelId) -> Self {
        model.0
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
