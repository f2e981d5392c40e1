//! Valid Go that the grammar does not know.

use crate::edit::{Edit, closed, is_part, words};

/// `new(expression)` of Go 1.26: the grammar expects a type there, and reads `new(f())` as a function
/// type without an error. With another name it is an ordinary call.
pub(crate) fn always(text: &str) -> Vec<Edit> {
    let calls = words(text, "new").filter(|(at, word)| text[at + word.len()..].starts_with('('));
    let of_values = calls.filter(|(at, word)| {
        let open = at + word.len();
        closed(text, open).is_some_and(|end| is_value(text[open + 1..end - 1].trim().trim_end_matches(',')))
    });
    of_values.map(|(at, _)| Edit::new(at + 2, "_")).collect()
}

/// Whether the argument of `new` can only be a value.
fn is_value(argument: &str) -> bool {
    const TYPES: [&str; 6] = ["[", "*", "map[", "chan ", "chan<-", "<-chan"];
    if ["struct", "interface", "func("].iter().any(|start| argument.starts_with(start)) {
        // The type ends with its braces
        let body = argument.find('{').and_then(|open| closed(argument, open));
        return body.is_some_and(|end| !argument[end..].trim().is_empty());
    }
    if TYPES.iter().any(|start| argument.starts_with(start)) {
        return argument.ends_with('}') || argument.ends_with(')') && !argument.starts_with('*');
    }
    let is_path = !argument.is_empty() && argument.chars().all(|c| is_part(c) || c == '.');
    if is_path && !argument.starts_with(|c: char| c.is_ascii_digit()) {
        return argument.matches('.').count() > 1;
    }
    // A generic type and an element of a list look the same, and both parse
    !argument.is_empty() && !argument.ends_with(']')
}

#[cfg(test)]
mod tests {
    use crate::{Language, problems};

    #[test]
    fn what_compiles_is_no_error() {
        for call in [
            "new(24)",
            "new(g())",
            "new(\"a\" + b)",
            "new(T)",
            "new([]int)",
            "new(map[string]int{})",
            "new(a.B)",
            "new(a.B(c))",
            "new(true)",
            "new(-1)",
            "new(G[int])",
            "new(struct{}{})",
            "new(x.y.z)",
            "new([]int{1})",
            "new(func() int { return 1 }())",
            "new(*p)",
            "new(&T{})",
            "new(T{a: 1})",
            "new(chan int)",
        ] {
            let code = format!("package a\n\nfunc f() {{ x := {call}; _ = x }}\n");
            assert_eq!(problems(Language::Go, &code), [], "{code}");
        }
        assert!(!problems(Language::Go, "package a\n\nfunc f() { x := new(24 }\n").is_empty());
    }
}
