//! Measures the workspace on a large repository: `cargo run --release -p workspace --example large -- 50000`.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use workspace::Workspace;

fn main() -> Result<(), Box<dyn Error>> {
    let files: usize = std::env::args().nth(1).map_or(Ok(50_000), |text| text.parse())?;
    let folder = std::env::temp_dir().join(format!("workspace-large-{}", std::process::id()));
    let result = measure(&folder, files);
    fs::remove_dir_all(&folder)?;
    result
}

fn measure(folder: &Path, files: usize) -> Result<(), Box<dyn Error>> {
    let root = folder.join("project");
    fs::create_dir_all(&root)?;
    for number in 0..files {
        let parent = root.join(format!("{:02}/{:02}", number % 25, number / 25 % 40));
        if number < 1000 {
            fs::create_dir_all(&parent)?;
        }
        let text = format!("pub fn number_{number}() -> u64 {{\n    {number}\n}}\n").repeat(12);
        fs::write(parent.join(format!("file_{number}.rs")), text)?;
    }
    git(&root, &["init", "-q"])?;
    git(&root, &["add", "-A"])?;
    git(&root, &["-c", "user.name=u", "-c", "user.email=u@localhost", "commit", "-q", "-m", "all"])?;
    fs::write(root.join("uncommitted.txt"), "mine")?;
    println!("{files} files");

    let workspace = timed("open", || Workspace::open(&root, &folder.join("state")))?;
    let base = timed("base (first)", || workspace.take_base("m"))?;
    println!("{:>24} {:>8.1} MB", "disk, repository", mb(workspace.size()));
    let slot = timed("slot 1 (first)", || workspace.slot(1, &base.commit))?;
    println!("{:>24} {:>8.1} MB", "disk, with slot 1", mb(workspace.size()));
    timed("slot 2 (first)", || workspace.slot(2, &base.commit))?;
    fs::write(slot.path.join("00/00/file_0.rs"), "changed\n")?;
    timed("changes in a slot", || workspace.slot_changes(&slot))?;
    let commit = timed("commit a slot", || workspace.commit_slot(&slot, &base.commit, "task"))?;
    timed("slot 1 (next task)", || workspace.slot(1, &commit.id))?;
    timed("slot 2 (next task)", || workspace.slot(2, &commit.id))?;
    let other = workspace.slot(1, &base.commit)?;
    fs::write(other.path.join("01/00/file_1.rs"), "changed\n")?;
    let other = workspace.commit_slot(&other, &base.commit, "other")?;
    timed("merge", || workspace.merge(&commit.id, &other.id, "merge"))?;
    timed("user's tree again", || workspace.user_tree("m"))?;
    let delivery = timed("plan a delivery", || workspace.plan_delivery(&base.commit, &commit.id))?;
    timed("deliver", || workspace.deliver(&delivery))?;
    timed("undo", || workspace.undo(&delivery))?;
    timed("clean", || workspace.clean())?;
    Ok(())
}

fn timed<T, E>(what: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    let start = Instant::now();
    let result = work();
    println!("{what:>24} {:>8.1} ms", start.elapsed().as_secs_f64() * 1000.0);
    result
}

fn git(root: &Path, args: &[&str]) -> Result<(), Box<dyn Error>> {
    let status = Command::new("git").args(args).current_dir(root).status()?;
    if status.success() { Ok(()) } else { Err(format!("git {args:?} failed").into()) }
}

#[allow(clippy::cast_precision_loss)]
fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
