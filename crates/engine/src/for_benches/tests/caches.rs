//! A set-up that runs code of a mission leaves nothing that another set-up uses: neither in the caches of the project,
//! nor in temporary folders.

use super::*;
use crate::world::Processes;

/// Writes a file into the cache of each package manager and into the temporary folder. Fails if another
/// set-up left a file there.
const SETUP: &str = r#"
for place in "$npm_config_cache" "$PIP_CACHE_DIR" "$UV_CACHE_DIR" "$YARN_CACHE_FOLDER" "$CARGO_HOME" \
    "$GOMODCACHE" "$XDG_CACHE_HOME" "$TMPDIR"; do
    if [ -e "$place/planted" ]; then exit 1; fi
    mkdir -p "$place" && WRITE
done
echo installed > packages
"#;

fn setup(write: &str) -> String {
    SETUP.replace("WRITE", write)
}

async fn judge(root: &Path, state: &Path) -> Judge {
    let run = "grep -q installed packages && grep -q good a.txt && \
               { [ ! -e node_modules/x/planted ] || grep -q theirs setup.sh; }";
    let check = serde_json::json!({ "name": "test", "run": run });
    let settings = serde_json::json!({
        "checks": { "auto": false, "command": [check] },
        "workspace": { "setup": ["sh setup.sh"] },
    });
    Judge::open(root, state, Some(settings), Arc::new(Processes)).await.unwrap()
}

async fn verdict(judge: &Judge, files: &[(&str, &str)]) -> GateVerdict {
    let answer = files.iter().map(|(path, text)| (path.to_string(), Some(text.to_string())));
    judge.judge_tree(&answer.collect(), true).await.unwrap().verdict
}

#[tokio::test]
async fn a_set_up_that_runs_a_missions_code_fills_no_cache_of_another() {
    if !checks::sandbox_available() {
        eprintln!("skipped: without a sandbox nothing is protected");
        return;
    }
    let place = tempfile::Builder::new().prefix("engine-").tempdir().unwrap();
    let (root, state) = (place.path().join("project"), place.path().join("state"));
    std::fs::create_dir(&root).unwrap();
    let of_base = setup("{ [ -e \"$place/of-base\" ] || echo base > \"$place/of-base\"; }");
    for (path, text) in
        [(".gitignore", "packages\nnode_modules\n"), ("setup.sh", &of_base), ("a.txt", "good\n")]
    {
        std::fs::write(root.join(path), text).unwrap();
    }
    let first = judge(&root, &state).await;
    assert_eq!(verdict(&first, &[("a.txt", "good 1\n")]).await, GateVerdict::Pass);
    let attack = setup("echo theirs | tee \"$place/planted\" > \"$place/of-base\"");
    let attack = format!("{attack}mkdir -p node_modules/x && echo theirs > node_modules/x/planted\n");
    assert_eq!(verdict(&first, &[("setup.sh", &attack)]).await, GateVerdict::Pass, "the attack itself works");
    // The set-up fails if a cache has what the attack left, and the check fails if the packages have it
    assert_eq!(verdict(&first, &[("a.txt", "good 2\n")]).await, GateVerdict::Pass);
    let caches = first.gates.bench.workspace.caches();
    drop(first);
    let next = judge(&root, &state).await;
    assert_eq!(verdict(&next, &[("a.txt", "good 3\n")]).await, GateVerdict::Pass);
    for cache in ["npm", "pip", "uv", "yarn", "cargo", "go-mod", "xdg"] {
        let read = |name: &str| std::fs::read_to_string(caches.join(cache).join(name)).ok();
        assert_eq!(read("of-base").as_deref(), Some("base\n"), "{cache}: the base's set-up fills it");
        assert_eq!(read("planted"), None, "{cache}");
    }
}
