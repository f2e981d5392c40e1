//! `mission_move`: which file a role moves or deletes.
//!
//! It normalises paths and moves nothing. The engine's `move_tool` moves the file, after it has checked that the
//! role may.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Field, Problems, Shape, arguments};
use crate::path;

pub(super) const FIELDS: &[Field] = &[
    Field::required("from", Shape::Text),
    Field::optional("to", Shape::Text).hint("the new path; leave it out to delete the file"),
];

/// A file to move, or to delete if there is no target.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Relocation {
    pub from: String,
    #[serde(default)]
    pub to: Option<String>,
}

pub fn parse_relocation(value: &Value) -> Result<Relocation, Problems> {
    let Relocation { from, to } = arguments::parse(value, FIELDS)?;
    let to = to.filter(|to| !to.trim().is_empty());
    let mut problems = Vec::new();
    let mut check = |field: &str, path: &str| match path::normalise(path) {
        Ok(path) => path,
        Err(why) => {
            problems.push(format!("`{field}`: {why}"));
            String::new()
        }
    };
    let relocation = Relocation { from: check("from", &from), to: to.map(|to| check("to", &to)) };
    if problems.is_empty() && relocation.to.as_ref() == Some(&relocation.from) {
        problems.push("`to` is where the file is already".into());
    }
    if problems.is_empty() { Ok(relocation) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_file_moves_inside_the_project_or_is_deleted() {
        let parsed = |value| parse_relocation(&value).map(|moved| (moved.from, moved.to));
        let moved = parsed(json!({ "from": "./src/a.js", "to": "src/b/a.js" }));
        assert_eq!(moved, Ok(("src/a.js".into(), Some("src/b/a.js".into()))));
        assert_eq!(parsed(json!({ "from": "a.js", "to": " " })), Ok(("a.js".into(), None)));
        assert!(parsed(json!({ "from": "a.js", "to": "../a.js" })).is_err());
        assert!(parsed(json!({ "from": "a.js", "to": "./a.js" })).is_err());
    }
}
