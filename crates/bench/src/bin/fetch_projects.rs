//! Fetches every package into the cache, and says how much each of its releases changed.
//!
//! It fetches through `projects` and runs no test and no set-up. It names packages that cannot be fetched, and
//! fetches the others. Benchmarks do not need it: they fetch what is missing.

use std::process::ExitCode;

use bench::projects::ALL;

fn main() -> ExitCode {
    let mut failed = false;
    for project in ALL {
        match project.changes() {
            Ok(changes) => {
                for change in &changes {
                    println!(
                        "{}: {} files changed, {} tests to run, {} held back",
                        change.title(),
                        change.changed.len(),
                        change.visible_tests().len(),
                        change.held_out.len()
                    );
                }
            }
            Err(error) => {
                failed = true;
                eprintln!("{}: {error}", project.name);
            }
        }
    }
    ExitCode::from(u8::from(failed))
}
