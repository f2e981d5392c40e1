//! `mission_page`: which page a role wants to read.
//!
//! It does not know which pages exist.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Field, Problems, Shape, arguments};

pub(super) const FIELDS: &[Field] = &[
    Field::required("page", Shape::Text),
    Field::optional("offset", Shape::Integer).hint("first line, from 0"),
    Field::optional("limit", Shape::Integer).hint("lines"),
];

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageRequest {
    pub page: String,
    #[serde(default)]
    pub offset: Option<u64>,
    #[serde(default)]
    pub limit: Option<u64>,
}

pub fn parse_page(value: &Value) -> Result<PageRequest, Problems> {
    arguments::parse(value, FIELDS)
}
