//! Identifiers of missions and tasks. Both are plain text with a fixed alphabet, safe in a path, a ref and a shell.
//!
//! Nothing here creates one: the engine or the Planner does.

/// `m-` and eight characters of `[a-z0-9]`. The engine draws it.
pub type MissionId = String;

/// `[a-z0-9][a-z0-9_-]{0,31}`, unique within a mission.
pub type TaskId = String;

pub fn is_mission_id(text: &str) -> bool {
    text.strip_prefix("m-").is_some_and(|rest| {
        rest.len() == 8 && rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

pub fn is_task_id(text: &str) -> bool {
    let bytes = text.as_bytes();
    let alphanumeric = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    bytes.len() <= 32
        && bytes.first().is_some_and(alphanumeric)
        && bytes.iter().all(|b| alphanumeric(b) || matches!(b, b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mission_ids_have_one_form() {
        assert!(is_mission_id("m-a1b2c3d4"));
        for wrong in ["", "m-", "m-a1b2c3d", "m-a1b2c3d45", "m-A1b2c3d4", "x-a1b2c3d4", "m-a1b2c3d/"] {
            assert!(!is_mission_id(wrong), "{wrong}");
        }
    }

    #[test]
    fn task_ids_are_safe_in_paths_and_refs() {
        for right in ["a", "0", "add-login_2", &"x".repeat(32)] {
            assert!(is_task_id(right), "{right}");
        }
        for wrong in ["", "-a", "_a", "A", "a.b", "a/b", "a b", "ä", &"x".repeat(33)] {
            assert!(!is_task_id(wrong), "{wrong}");
        }
    }
}
