use guardian::*;
use std::{collections::BTreeMap, fs, path::Path};
fn read(root: &Path) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    let mut stack = vec![root.to_path_buf()];
    while let Some(d) = stack.pop() {
        for e in fs::read_dir(&d).unwrap().flatten() {
            let p = e.path();
            if p.is_symlink() {
                continue;
            }
            if p.is_dir() {
                stack.push(p);
                continue;
            }
            if let Ok(t) = fs::read_to_string(&p) {
                out.insert(p.strip_prefix(root).unwrap().to_string_lossy().into_owned(), t);
            }
        }
    }
    out
}
#[test]
fn scratch() {
    let g = Guardian::new(GuardianOptions::default()).0;
    let mut total = 0;
    let mut bad_files = 0;
    for line in fs::read_to_string("/tmp/real/pairs").unwrap().lines() {
        let (a, b) = line.split_once(' ').unwrap();
        let (base, head) = (read(&Path::new("/tmp/real").join(a)), read(&Path::new("/tmp/real").join(b)));
        if base.is_empty() || head.is_empty() {
            println!("EMPTY {line}");
            continue;
        }
        let mut changed: Vec<String> =
            base.keys().chain(head.keys()).filter(|k| base.get(*k) != head.get(*k)).cloned().collect();
        changed.sort();
        changed.dedup();
        let code = changed
            .iter()
            .filter(|c| {
                let e = c.rsplit('.').next().unwrap();
                ["ts", "tsx", "js", "jsx", "mjs", "cjs", "rs", "py", "go", "mts", "cts"].contains(&e)
            })
            .count();
        let (mb, mh) = (MemorySources::new(base), MemorySources::new(head));
        let t = std::time::Instant::now();
        let f = g.lint_change(&mb, &mh, &changed);
        let mut files: Vec<&str> =
            f.iter().filter(|f| f.severity == Severity::Error).map(|f| f.path.as_str()).collect();
        files.dedup();
        println!(
            "== {line}: {code} code files changed, {} errors in {} files, {} warnings, {:?}",
            f.iter().filter(|f| f.severity == Severity::Error).count(),
            files.len(),
            f.iter().filter(|f| f.severity == Severity::Warning).count(),
            t.elapsed()
        );
        total += code;
        bad_files += files.len();
        let mut w: BTreeMap<&str, usize> = BTreeMap::new();
        for x in &f {
            if x.severity == Severity::Error {
                println!("  {}:{}:{} {} {}", x.path, x.line, x.column, x.rule, x.message)
            } else {
                *w.entry(&x.rule).or_default() += 1;
            }
        }
        println!("  warnings {w:?}");
    }
    println!("TOTAL {bad_files} of {total}");
}
