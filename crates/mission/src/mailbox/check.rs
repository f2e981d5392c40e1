//! `mission_check`: which of the project's checks a role wants to run.
//!
//! It does not know which checks exist.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Field, Problems, Shape, arguments};

pub(super) const FIELDS: &[Field] = &[
    Field::optional("name", Shape::Text),
    Field::optional("filter", Shape::Text).hint("a test's name or file"),
];

/// A request to run one of the project's checks in the slot; without a name, to list them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CheckRequest {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub filter: Option<String>,
}

pub fn parse_check(value: &Value) -> Result<CheckRequest, Problems> {
    let request: CheckRequest = arguments::parse(value, FIELDS)?;
    let given = |text: Option<String>| text.filter(|t| !t.trim().is_empty());
    Ok(CheckRequest { name: given(request.name), filter: given(request.filter) })
}
