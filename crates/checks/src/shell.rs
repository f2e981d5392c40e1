//! The part of the shell's grammar that is needed to recognise a command and to add a word to it.
//! It interprets nothing, and leaves unreadable text unchanged.

/// Quotes a word so that the shell reads it back unchanged.
pub(crate) fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// The simple commands of a command line, each as its words, without quotes. Separators are `&&`,
/// `||`, `;`, `|`, `&` and newlines outside of quotes.
pub(crate) fn commands(line: &str) -> Vec<Vec<String>> {
    let mut all = Vec::new();
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quoted: Option<char> = None;
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match (quoted, c) {
            (Some(quote), c) if c == quote => quoted = None,
            (Some('"'), '\\') | (None, '\\') => word.get_or_insert_default().extend(chars.next()),
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quoted = Some(c);
                word.get_or_insert_default();
            }
            (None, '&' | '|' | ';' | '\n' | '(' | ')') => {
                words.extend(word.take());
                if !words.is_empty() {
                    all.push(std::mem::take(&mut words));
                }
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if !words.is_empty() {
        all.push(words);
    }
    all
}

/// Whether a word appended to the line reaches its last command: it is one simple command or a
/// chain, without redirections, comments or substitutions.
pub(crate) fn can_append(line: &str) -> bool {
    !line.contains(['<', '>', '#', '`', '(', ')', '{', '}', '|', ';', '\n', '\\'])
        && !line.trim_end().ends_with('&')
        && !line.contains("$(")
}

/// The words after assignments and wrapper programs.
pub(crate) fn unwrapped(words: &[String]) -> &[String] {
    let mut words = words;
    // Each round removes at least one word
    while let Some((first, rest)) = words.split_first() {
        let name = first.rsplit('/').next().unwrap_or(first);
        let second = rest.first().map(String::as_str);
        let is_assignment = first
            .split_once('=')
            .is_some_and(|(key, _)| key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
        let dropped = match (name, second) {
            _ if is_assignment => 1,
            ("npx" | "bunx" | "cross-env" | "env" | "c8" | "nyc" | "time" | "dotenv" | "exec", _) => {
                1 + rest.iter().take_while(|word| word.starts_with('-')).count()
            }
            ("coverage", Some("run")) => {
                2 + rest.iter().skip(1).take_while(|word| word.starts_with('-') && *word != "-m").count()
            }
            ("pnpm" | "npm" | "yarn" | "bun", Some("exec" | "x" | "dlx")) => {
                2 + rest.iter().skip(1).take_while(|word| word.starts_with('-')).count()
            }
            ("uv" | "poetry" | "pdm" | "hatch" | "pipenv" | "rye", Some("run")) => {
                2 + rest.iter().skip(1).take_while(|word| word.starts_with('-')).count()
            }
            ("yarn", Some("vitest" | "jest" | "mocha")) => 1,
            ("pnpm", Some("vitest" | "jest" | "mocha")) => 1,
            ("-m", Some(_)) => 1,
            (python, Some("-m")) if python.starts_with("python") => 2,
            _ => return words,
        };
        words = words.get(dropped..).unwrap_or_default();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoting_survives_a_real_shell() {
        for word in ["plain", "", "a b", "it's", "$(touch x)", "`x`", "a\\b", "*", "-n", "ü\n\t\"", "!x"] {
            let output = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {}", quote(word))])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), word);
        }
    }

    #[test]
    fn lines_are_cut_into_commands_and_words() {
        let line = r#"A=1 npm run build&& node --test "test/a b.js" 'it''s' | cat; echo a\ b"#;
        let expected: Vec<Vec<&str>> = vec![
            vec!["A=1", "npm", "run", "build"],
            vec!["node", "--test", "test/a b.js", "its"],
            vec!["cat"],
            vec!["echo", "a b"],
        ];
        assert_eq!(commands(line), expected);
        assert_eq!(commands("'open"), vec![vec!["open"]]);
        assert!(commands(" && ; ").is_empty());
    }
}
