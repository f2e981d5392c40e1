//! Programs that only start another one: the started program is judged.

use super::options::{has, skip, value};
use super::{Class, Judge, Judgement, Why};

/// Wrappers, their options with a value, and the number of their own words before the command.
const WRAPPERS: &[(&str, &[&str], usize)] = &[
    (
        "cross-env env exec command builtin nohup time stdbuf ionice setsid caffeinate chronic",
        &["-u", "-C", "-S", "-f", "-o"],
        0,
    ),
    ("nice", &["-n"], 0),
    ("timeout gtimeout", &["-k", "-s", "--kill-after", "--signal"], 1),
    ("dotenv", &["-e", "-p", "-v", "-c"], 0),
    ("env-cmd", &["-f", "--file", "-e", "--environments", "-r", "--rc-file"], 0),
    (
        "c8 nyc istanbul",
        &[
            "-r",
            "--reporter",
            "--report-dir",
            "-o",
            "--temp-directory",
            "--temp-dir",
            "-t",
            "--include",
            "-n",
            "--exclude",
            "-x",
            "--extension",
            "-e",
            "--lines",
            "--branches",
            "--functions",
            "--statements",
            "--src",
            "--config",
            "--cwd",
            "--require",
            "-i",
            "--nycrc-path",
            "--branch",
        ],
        0,
    ),
    ("xargs", &["-n", "-I", "-P", "-L", "-d", "-a", "-s", "-i"], 0),
    ("per-env run-if-ci run-node retry-cli", &[], 0),
    ("valgrind", &["--suppressions", "--log-file"], 0),
    ("faketime", &[], 1),
    ("dbus-run-session fakeroot unbuffer", &[], 0),
    ("run-func npx-run", &[], 0),
];

/// Wrappers with a sub-command: `bundle exec rspec`.
const WRAPPING_WORDS: &[(&str, &str, &[&str])] = &[
    ("bundle bundler", "exec", &[]),
    ("rbenv pyenv nodenv asdf", "exec", &[]),
    ("mise", "exec|x", &["-C"]),
    ("direnv", "exec", &[]),
    ("conda mamba micromamba", "run", &["-n", "--name", "-p", "--prefix", "--cwd"]),
    (
        "uv",
        "run",
        &[
            "--with",
            "--extra",
            "--group",
            "--python",
            "-p",
            "--package",
            "--project",
            "--directory",
            "--env-file",
            "--only-group",
            "--no-group",
            "--with-requirements",
            "--index-url",
        ],
    ),
    ("poetry", "run", &["-C", "--directory", "-P", "--project"]),
    ("rye", "run", &[]),
    ("pipenv", "run", &[]),
    ("pdm", "run", &["-p", "--project", "-e", "--env-file"]),
    ("hatch", "run", &["-e", "--env", "-p"]),
    ("dotenvx", "run", &["-f", "--env-file", "-e", "--env"]),
    ("istanbul", "cover", &["--root", "--dir", "-x", "--report"]),
    ("composer", "exec", &[]),
    ("yarn", "node", &[]),
    ("cargo", "with", &[]),
    ("opam", "exec", &[]),
    ("devbox", "run", &[]),
    ("fvm", "dart|flutter", &[]),
];

fn among(names: &str, separator: char, name: &str) -> bool {
    names.split(separator).any(|one| one == name)
}

impl Judge<'_> {
    pub(super) fn wrapped(&mut self, folder: &str, program: &str, arguments: &[String]) -> Option<Judgement> {
        let sub = arguments.iter().find(|word| !word.starts_with('-')).map(String::as_str);
        let report = ["report", "merge", "check-coverage", "instrument"];
        if ["c8", "nyc", "istanbul"].contains(&program) && sub.is_some_and(|sub| report.contains(&sub)) {
            return None;
        }
        if let Some((_, word, valued)) = WRAPPING_WORDS.iter().find(|(names, word, _)| {
            among(names, ' ', program) && sub.is_some_and(|sub| among(word, '|', sub))
        }) {
            let at = arguments.iter().position(|argument| among(word, '|', argument))? + 1;
            let mut rest = skip(arguments.get(at..)?, valued);
            if program == "direnv" {
                rest = rest.get(1..)?;
            }
            return Some(self.started(folder, program, rest));
        }
        if let Some((_, valued, own)) = WRAPPERS.iter().find(|(names, ..)| among(names, ' ', program)) {
            let rest = skip(arguments, valued);
            let assigned = rest.iter().take_while(|word| super::line::is_assignment(word)).count();
            if let Some(word) = super::words::browser_in(rest.get(..assigned)?) {
                return Some(Judgement::refused(word, Why::Browser));
            }
            let rest = skip(rest.get(assigned..)?, &[]);
            // `command -v`, `env` alone
            if rest.is_empty() || has(arguments, &["-v"]) && program == "command" {
                return Some(Judgement::is(Class::Harmless));
            }
            return Some(self.words(folder, rest.get(*own..).unwrap_or_default()));
        }
        match program {
            "cross-env-shell" => {
                let assigned = arguments.iter().take_while(|word| super::line::is_assignment(word)).count();
                Some(self.line(folder, &arguments.get(assigned..)?.join(" ")))
            }
            "sh" | "bash" | "zsh" | "dash" | "ksh" => self.shell(folder, arguments),
            "cmd" if has(arguments, &["/c", "/C"]) => Some(self.line(folder, &arguments.get(1..)?.join(" "))),
            "is-ci" => {
                let mut all = Judgement::is(Class::Harmless);
                for line in arguments {
                    all.and(self.line(folder, line));
                }
                Some(all)
            }
            "if-env" => Some(Judgement::is(Class::Harmless)),
            "coverage" if sub == Some("run") => {
                let at = arguments.iter().position(|word| word == "run")? + 1;
                let valued = [
                    "--source",
                    "--rcfile",
                    "--include",
                    "--omit",
                    "--concurrency",
                    "--context",
                    "--data-file",
                ];
                let rest = arguments.get(at..)?;
                if let Some(module) = value(rest, &["-m", "--module"]) {
                    let at = rest.iter().position(|word| word == module)?;
                    return Some(self.words(folder, rest.get(at..)?));
                }
                let words: Vec<String> =
                    std::iter::once("python".to_owned()).chain(skip(rest, &valued).iter().cloned()).collect();
                Some(self.words(folder, &words))
            }
            "npx" | "bunx" | "pnpx" => Some(self.fetched(folder, program, arguments)),
            "busted" | "lua" if arguments.is_empty() => None,
            "find" => {
                let at = arguments
                    .iter()
                    .position(|word| ["-exec", "-execdir", "-ok", "-okdir"].contains(&word.as_str()));
                if has(arguments, &["-delete"]) {
                    return Some(Judgement::refused("find -delete", Why::Removes));
                }
                let rest: Vec<String> = match at {
                    Some(at) => arguments
                        .iter()
                        .skip(at + 1)
                        .filter(|word| *word != "{}" && *word != "+" && *word != ";")
                        .cloned()
                        .collect(),
                    None => return Some(Judgement::is(Class::Harmless)),
                };
                Some(self.words(folder, &rest))
            }
            "doppler" | "infisical" | "op" | "chamber" | "vault" | "aws-vault" => {
                Some(Judgement::refused(&format!("{program} {}", arguments.join(" ")), Why::Network))
            }
            _ => None,
        }
    }

    /// The command that an environment runner starts: a program, or for some runners one of their
    /// own scripts.
    fn started(&mut self, folder: &str, program: &str, rest: &[String]) -> Judgement {
        if let Some((name, arguments)) = rest.split_first()
            && let Some(judgement) = self.python_script(folder, program, name, arguments)
        {
            return judgement;
        }
        if program == "hatch" {
            // `hatch run test:unit` names an environment and a script
            return match rest.first() {
                Some(name) if name.contains(':') => {
                    Judgement::refused(&format!("hatch run {name}"), Why::Unclear)
                }
                _ => self.words(folder, rest),
            };
        }
        self.words(folder, rest)
    }

    fn shell(&mut self, folder: &str, arguments: &[String]) -> Option<Judgement> {
        let options: Vec<&String> = arguments.iter().take_while(|word| word.starts_with('-')).collect();
        let rest = arguments.get(options.len()..)?;
        let letter = |letter| options.iter().any(|word| !word.starts_with("--") && word.contains(letter));
        // It only reads the file and says whether the syntax is right
        if letter('n') || options.iter().any(|word| *word == "-o") && has(rest, &["noexec"]) {
            return Some(Judgement::is(Class::Lint));
        }
        let has_line = letter('c');
        match (has_line, rest.first()) {
            (true, Some(line)) => Some(self.line(folder, line)),
            (false, Some(file)) if file.contains("$()") => {
                Some(Judgement::refused(&format!("sh {file}"), Why::Unclear))
            }
            (false, Some(file)) => Some(self.shell_file(folder, file, rest.get(1..)?)),
            _ => Some(Judgement::refused("sh", Why::Interactive)),
        }
    }

    /// `npx x`: a tool that the project depends on, or one that would be downloaded.
    fn fetched(&mut self, folder: &str, program: &str, arguments: &[String]) -> Judgement {
        let told = format!("{program} {}", arguments.join(" "));
        if let Some(line) = value(arguments, &["-c", "--call"]) {
            return self.line(folder, line);
        }
        let rest = skip(arguments, &["-p", "--package"]);
        let Some((name, after)) = rest.split_first() else {
            return Judgement::refused(&told, Why::Interactive);
        };
        let (bare, version) = match name.char_indices().skip(1).find(|(_, c)| *c == '@') {
            Some((at, _)) => (name.get(..at).unwrap_or(name), name.get(at..)),
            None => (name.as_str(), None),
        };
        let word = super::node::program_of_package(bare);
        let local = self.is_tool(folder, bare, word);
        let words: Vec<String> = std::iter::once(word.to_owned()).chain(after.iter().cloned()).collect();
        let judgement = self.words(folder, &words);
        let fetches = version.is_some() || has(arguments, &["-p", "--package"]) || !local;
        let forbidden = has(arguments, &["--no-install", "--no"]);
        if judgement.refused.is_none() && fetches && !forbidden && !(local && version.is_none()) {
            return Judgement::refused(&told, Why::Installs);
        }
        judgement
    }
}
