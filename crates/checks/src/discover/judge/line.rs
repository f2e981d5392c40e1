//! Splits a shell command line into its simple commands: in chains, pipes, subshells, substitutions
//! and control structures. It expands nothing, and returns `None` for what it cannot read.

/// One simple command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Command {
    /// `NAME=value` before the program.
    pub assignments: Vec<String>,
    /// Program and arguments, quotes removed.
    pub words: Vec<String>,
    /// Files that redirections write.
    pub writes: Vec<String>,
    /// Whether it reads the output of another command.
    pub piped: bool,
    /// Whether `&` leaves it running.
    pub background: bool,
    /// The numbers of the subshells around it.
    pub scope: Vec<usize>,
}

/// Words that begin or end a control structure and start no program.
const KEYWORDS: &[&str] =
    &["if", "then", "else", "elif", "fi", "do", "done", "while", "until", "!", "{", "}", "esac", "time"];
/// The deepest nesting of substitutions that is read.
const MAX_DEPTH: usize = 8;

/// The simple commands of a line; `None` if quotes or brackets are not closed.
pub(crate) fn commands(line: &str) -> Option<Vec<Command>> {
    let mut parser = Parser { next_scope: 0, found: Vec::new() };
    parser.parse(line, &[], 0)?;
    Some(parser.found)
}

struct Parser {
    next_scope: usize,
    found: Vec<Command>,
}

/// The use of the next word.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Argument,
    Output,
    Input,
}

struct State {
    command: Command,
    word: Option<String>,
    wanted: Wanted,
    heredocs: Vec<String>,
    heredoc_next: bool,
}

impl State {
    fn end_word(&mut self) {
        let Some(word) = self.word.take() else { return };
        if self.heredoc_next {
            self.heredoc_next = false;
            self.heredocs.push(word);
            self.wanted = Wanted::Argument;
            return;
        }
        match std::mem::replace(&mut self.wanted, Wanted::Argument) {
            Wanted::Output => self.command.writes.push(word),
            Wanted::Input => {}
            Wanted::Argument => self.command.words.push(word),
        }
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }
}

/// Reads a redirection after its sign; returns the position after it.
fn redirected(chars: &[char], mut at: usize, writes: bool, state: &mut State) -> usize {
    // The number of a descriptor is before the sign
    if state.word.as_ref().is_some_and(|word| word.chars().all(|c| c.is_ascii_digit())) {
        state.word = None;
    }
    state.end_word();
    while chars.get(at).is_some_and(|c| ">|&".contains(*c)) {
        at += 1;
    }
    let descriptor =
        chars.get(at - 1) == Some(&'&') && chars.get(at).is_some_and(|c| c.is_ascii_digit() || *c == '-');
    if descriptor {
        at += 1;
    } else {
        state.wanted = if writes { Wanted::Output } else { Wanted::Input };
    }
    at
}

impl Parser {
    fn parse(&mut self, line: &str, scope: &[usize], depth: usize) -> Option<()> {
        let chars: Vec<char> = line.chars().collect();
        let mut scope = scope.to_vec();
        let mut state = State {
            command: Command { scope: scope.clone(), ..Command::default() },
            word: None,
            wanted: Wanted::Argument,
            heredocs: Vec::new(),
            heredoc_next: false,
        };
        let outer = scope.len();
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            at += 1;
            match c {
                '\'' => {
                    let end = chars.iter().skip(at).position(|c| *c == '\'')? + at;
                    state.word.get_or_insert_default().extend(chars.get(at..end)?);
                    at = end + 1;
                }
                '"' => at = self.double_quoted(&chars, at, &mut state, &scope, depth)?,
                '\\' => match chars.get(at) {
                    Some('\n') => at += 1,
                    Some('\r') if chars.get(at + 1) == Some(&'\n') => at += 2,
                    Some(&escaped) => {
                        state.push(escaped);
                        at += 1;
                    }
                    None => {}
                },
                '$' | '`' => at = self.substitution(&chars, at - 1, &mut state, &scope, depth)?,
                '#' if state.word.is_none() => {
                    while chars.get(at).is_some_and(|c| *c != '\n') {
                        at += 1;
                    }
                }
                '<' | '>' if chars.get(at) == Some(&'(') => {
                    let end = closing(&chars, at + 1)?;
                    self.inner(chars.get(at + 1..end)?, &scope, depth)?;
                    // Its output is read as a file
                    state.word.get_or_insert_default().push_str("$()");
                    at = end + 1;
                }
                '<' if chars.get(at) == Some(&'<') => {
                    at += 1;
                    state.end_word();
                    if chars.get(at) == Some(&'<') {
                        at += 1;
                        state.wanted = Wanted::Input;
                    } else {
                        at += usize::from(chars.get(at) == Some(&'-'));
                        state.heredoc_next = true;
                    }
                }
                '<' | '>' => at = redirected(&chars, at, c == '>', &mut state),
                '&' if chars.get(at) == Some(&'>') => {}
                '(' => {
                    self.end(&mut state, &scope, false, false);
                    self.next_scope += 1;
                    scope.push(self.next_scope);
                    state.command.scope.clone_from(&scope);
                }
                ')' => {
                    if scope.len() > outer {
                        self.end(&mut state, &scope, false, false);
                        scope.pop();
                    } else {
                        // The pattern of a `case`
                        state.word = None;
                        state.command = Command::default();
                    }
                    state.command.scope.clone_from(&scope);
                }
                '&' | '|' | ';' | '\n' => {
                    let doubled = c != '\n' && chars.get(at) == Some(&c);
                    at += usize::from(doubled);
                    // `|&` pipes errors too
                    at += usize::from(c == '|' && !doubled && chars.get(at) == Some(&'&'));
                    self.end(&mut state, &scope, c == '|' && !doubled, c == '&' && !doubled);
                    if c == '\n' {
                        for end in std::mem::take(&mut state.heredocs) {
                            at = after_heredoc(&chars, at, &end);
                        }
                    }
                }
                c if c.is_whitespace() => state.end_word(),
                c => state.push(c),
            }
        }
        self.end(&mut state, &scope, false, false);
        (scope.len() == outer).then_some(())
    }

    /// Reads the text after an opening double quote; returns the position after the closing one.
    fn double_quoted(
        &mut self,
        chars: &[char],
        mut at: usize,
        state: &mut State,
        scope: &[usize],
        depth: usize,
    ) -> Option<usize> {
        state.word.get_or_insert_default();
        loop {
            let c = *chars.get(at)?;
            at += 1;
            match c {
                '"' => return Some(at),
                '\\' => {
                    let escaped = *chars.get(at)?;
                    at += 1;
                    if !"$`\"\\\n".contains(escaped) {
                        state.push('\\');
                    }
                    if escaped != '\n' {
                        state.push(escaped);
                    }
                }
                '$' | '`' => at = self.substitution(chars, at - 1, state, scope, depth)?,
                c => state.push(c),
            }
        }
    }

    /// Ends a command; the next one is in the same scope.
    fn end(&mut self, state: &mut State, scope: &[usize], pipes: bool, background: bool) {
        state.end_word();
        state.wanted = Wanted::Argument;
        let mut command = std::mem::take(&mut state.command);
        state.command = Command { scope: scope.to_vec(), piped: pipes, ..Command::default() };
        command.background = background;
        let keywords = command.words.iter().take_while(|word| KEYWORDS.contains(&word.as_str())).count();
        command.words.drain(..keywords);
        let starts_nothing = command
            .words
            .first()
            .is_some_and(|word| ["for", "case", "function", "select"].contains(&word.as_str()));
        if starts_nothing {
            return;
        }
        let assigned = command.words.iter().take_while(|word| is_assignment(word)).count();
        command.assignments = command.words.drain(..assigned).collect();
        if !command.words.is_empty() || !command.writes.is_empty() {
            self.found.push(command);
        }
    }

    /// Reads what begins with `$` or a backtick; returns the position after it.
    fn substitution(
        &mut self,
        chars: &[char],
        at: usize,
        state: &mut State,
        scope: &[usize],
        depth: usize,
    ) -> Option<usize> {
        if chars.get(at) == Some(&'`') {
            let end = chars.iter().skip(at + 1).position(|c| *c == '`')? + at + 1;
            self.inner(chars.get(at + 1..end)?, scope, depth)?;
            state.word.get_or_insert_default().push_str("$()");
            return Some(end + 1);
        }
        state.push('$');
        match (chars.get(at + 1), chars.get(at + 2)) {
            (Some('('), Some('(')) => {
                state.word.get_or_insert_default().push_str("()");
                closing(chars, at + 2).map(|end| end + 1)
            }
            (Some('('), _) => {
                let end = closing(chars, at + 2)?;
                self.inner(chars.get(at + 2..end)?, scope, depth)?;
                state.word.get_or_insert_default().push_str("()");
                Some(end + 1)
            }
            (Some('{'), _) => {
                let end = chars.iter().skip(at).position(|c| *c == '}')? + at;
                state.word.get_or_insert_default().extend(chars.get(at + 1..=end)?);
                Some(end + 1)
            }
            _ => Some(at + 1),
        }
    }

    fn inner(&mut self, chars: &[char], scope: &[usize], depth: usize) -> Option<()> {
        if depth == MAX_DEPTH {
            return None;
        }
        self.next_scope += 1;
        let mut inner = scope.to_vec();
        inner.push(self.next_scope);
        self.parse(&chars.iter().collect::<String>(), &inner, depth + 1)
    }
}

/// The position of the bracket that closes the one at `at`.
fn closing(chars: &[char], at: usize) -> Option<usize> {
    let mut open = 1;
    let mut quoted: Option<char> = None;
    let mut at = at;
    loop {
        let c = *chars.get(at)?;
        match (quoted, c) {
            (Some(quote), c) if quote == c => quoted = None,
            (Some('\''), _) => {}
            (_, '\\') => at += 1,
            (Some(_), _) => {}
            (None, '\'' | '"') => quoted = Some(c),
            (None, '(') => open += 1,
            (None, ')') => open -= 1,
            _ => {}
        }
        if open == 0 {
            return Some(at);
        }
        at += 1;
    }
}

fn after_heredoc(chars: &[char], at: usize, end: &str) -> usize {
    let mut at = at;
    while at < chars.len() {
        let length = chars.iter().skip(at).take_while(|c| **c != '\n').count();
        let line: String = chars.iter().skip(at).take(length).collect();
        at += length + 1;
        if line.trim() == end {
            break;
        }
    }
    at
}

/// Whether a word is `NAME=value`.
pub(crate) fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && !name.starts_with(|c: char| c.is_ascii_digit())
            && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> String {
        let Some(commands) = commands(line) else { return "unreadable".to_owned() };
        let each = commands.iter().map(|command| {
            let mut text = command.words.join("_");
            text.extend(command.writes.iter().map(|file| format!(">{file}")));
            if command.piped {
                text.insert(0, '|');
            }
            if command.background {
                text.push('&');
            }
            text
        });
        each.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_command_of_a_line_is_found_wherever_it_stands() {
        for (line, expected) in [
            ("jest", "jest"),
            ("A=1 B='x y' jest --ci", "jest_--ci"),
            ("a && b || c; d & e", "a b c d& e"),
            ("a | b |& c", "a |b |c"),
            ("a 2>&1 >out.txt 2> err < in", "a>out.txt>err"),
            ("a &> all", "a>all"),
            ("echo \"$(b c)\" `d`", "b_c d echo_$()_$()"),
            ("(cd x && y) && z", "cd_x y z"),
            ("bash <(curl -s u)", "curl_-s_u bash_$()"),
            ("if [ -n \"$CI\" ]; then a; else b; fi", "[_-n_$CI_] a b"),
            ("for f in *.sh; do bash $f; done", "bash_$f"),
            ("case $1 in start) a;; *) b;; esac", "a b"),
            ("a \\\n b # c && d\ne", "a_b e"),
            ("cat <<EOF\nrm -rf /\nEOF\nb", "cat b"),
            ("! a", "a"),
            ("echo $((1+2)) ${X:-y}", "echo_$()_${X:-y}"),
            ("sh -c 'a && b'", "sh_-c_a && b"),
            ("a 'open", "unreadable"),
            ("a $(b", "unreadable"),
            ("", ""),
        ] {
            assert_eq!(told(line), expected, "{line}");
        }
    }

    #[test]
    fn whatever_is_given_it_ends() {
        let signs = ["'", "\"", "$(", "(", ")", "`", "\\", "<<", ">", "&", "|", "${", "a", "\n", "#"];
        for first in signs {
            for second in signs {
                for third in signs {
                    let _ = commands(&format!("{first}{second} {third}"));
                }
            }
        }
        assert_eq!(commands(&"$(".repeat(100_000)), None);
    }
}
