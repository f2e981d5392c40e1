//! Valid Python that the grammar does not know.

use crate::edit::{Edit, closed, name, words};

/// Possible masks in a text with errors, one list for each kind of gap.
pub(crate) fn edits(text: &str) -> Vec<Vec<Edit>> {
    vec![defaults(text)]
}

/// Defaults of type parameters: `class A[T = int, *Ts = *tuple[int]]`.
fn defaults(text: &str) -> Vec<Edit> {
    let mut edits = Vec::new();
    for keyword in ["class", "def", "type"] {
        for (at, word) in words(text, keyword) {
            let after = text[at + word.len()..].trim_start();
            let open = text.len() - after.len() + name(after).len();
            let Some(end) = text[open..].starts_with('[').then(|| closed(text, open)).flatten() else {
                continue;
            };
            let mut depth = 0_usize;
            let mut from = None;
            for (i, byte) in text.bytes().enumerate().take(end).skip(open) {
                match byte {
                    b'[' | b'(' | b'{' => depth += 1,
                    b']' | b')' | b'}' => depth = depth.saturating_sub(1),
                    b'=' if depth == 1 && from.is_none() => from = Some(i),
                    _ => {}
                }
                if depth == 0 || byte == b',' && depth == 1 {
                    edits.extend(from.take().map(|start| Edit::blank(text, start..i)));
                }
            }
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use crate::{Language, problems};

    #[test]
    fn what_runs_is_no_error() {
        for code in [
            "type Pair[T] = tuple[T, T]\nclass A[T, *Ts, **P]: pass\n",
            "class B[T: int = str, *Ts = *tuple[int], **P = [int, str]]: pass\n",
            "def f[T = int](x: T) -> T: return x\ntype C[T = dict[str, int]] = list[T]\n",
            "x = t\"hello {name!r:>{width}}\"\ntry: pass\nexcept A, B: pass\n",
            "try: pass\nexcept* (A, B) as e: pass\n",
            "x = f\"{\"nested\"} {a['b']}\"\n",
        ] {
            assert_eq!(problems(Language::Python, code), [], "{code}");
        }
        assert!(!problems(Language::Python, "class B[T = int: pass\n").is_empty());
    }
}
