//! The folder of a session, which is another one on each machine: on the wire it has one name.
//!
//! It replaces text, because models name paths in the middle of texts and arguments.

use std::path::Path;

use serde_json::Value;

/// The name of the session's folder on the wire.
const ON_THE_WIRE: &str = "/mission-slot";

/// The names of a session's folder on this machine.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    /// The one that is used here comes first.
    own: Vec<String>,
}

impl Paths {
    pub fn new(folder: &Path) -> Paths {
        let mut own: Vec<String> = folder.to_str().into_iter().map(str::to_string).collect();
        let real = folder.canonicalize().ok();
        own.extend(real.as_deref().and_then(Path::to_str).map(str::to_string));
        own.dedup();
        Paths { own }
    }

    /// A text for the other side.
    pub fn out(&self, text: &str) -> String {
        self.own.iter().fold(text.to_string(), |text, own| text.replace(own, ON_THE_WIRE))
    }

    /// A text of the other side.
    pub fn here(&self, text: &str) -> String {
        self.own.first().map_or_else(|| text.to_string(), |own| text.replace(ON_THE_WIRE, own))
    }

    pub fn value_out(&self, value: Value) -> Value {
        each_text(value, &|text| self.out(text))
    }

    pub fn value_here(&self, value: Value) -> Value {
        each_text(value, &|text| self.here(text))
    }
}

/// Changes every text of a value, also the names of its entries.
fn each_text(value: Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => Value::String(change(&text)),
        Value::Array(all) => all.into_iter().map(|one| each_text(one, change)).collect(),
        Value::Object(all) => {
            Value::Object(all.into_iter().map(|(key, one)| (change(&key), each_text(one, change))).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_path_of_one_machine_is_a_path_of_the_other() {
        let (owner, worker) = (Paths::new(Path::new("/home/a/slot")), Paths::new(Path::new("/srv/b")));
        let said = json!({ "filePath": "/srv/b/src/x.js", "edits": ["in /srv/b: y", 1] });
        let sent = worker.value_out(said);
        assert_eq!(sent["filePath"], "/mission-slot/src/x.js");
        let read = owner.value_here(sent);
        assert_eq!(read, json!({ "filePath": "/home/a/slot/src/x.js", "edits": ["in /home/a/slot: y", 1] }));
        assert_eq!(worker.here(&owner.out("see /home/a/slot/z")), "see /srv/b/z");
    }
}
