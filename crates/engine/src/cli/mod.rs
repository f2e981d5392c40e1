//! The subcommands of `opencode-orchestrator` that need the core.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// How a subcommand is called: JSON in, JSON out, so that the program itself holds no logic.
#[derive(Debug, Deserialize)]
struct Request {
    args: Vec<String>,
    cwd: PathBuf,
    #[serde(default)]
    env: BTreeMap<String, String>,
}

/// Exit status: 0 done, 1 problems found, 2 wrong use.
#[derive(Debug, Default, Serialize)]
struct Answer {
    exit: u8,
    stdout: String,
    stderr: String,
}

/// Runs a subcommand: JSON of `{ args, cwd, env }` to JSON of `{ exit, stdout, stderr }`.
pub async fn run(request: &str) -> String {
    let answer = match serde_json::from_str::<Request>(request) {
        Ok(request) => dispatch(request).await,
        Err(error) => Answer {
            exit: 2,
            stderr: format!("the request could not be read: {error}\n"),
            ..Answer::default()
        },
    };
    serde_json::to_string(&answer)
        .unwrap_or_else(|error| format!("{{\"exit\":1,\"stdout\":\"\",\"stderr\":\"{error}\"}}"))
}

async fn dispatch(request: Request) -> Answer {
    let name = request.args.first().cloned().unwrap_or_default();
    let _ = (&request.cwd, &request.env);
    Answer { exit: 2, stderr: format!("there is no command `{name}`\n"), ..Answer::default() }
}
