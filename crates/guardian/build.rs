//! Embeds the built-in rules: a table of every `rules/<language>/<id>.yml` and its text, in a fixed order.
//!
//! It checks no rule: `patterns` compiles them, and a test there reports a faulty one.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../rules");
    println!("cargo:rerun-if-changed={}", root.display());
    let mut table = String::from("pub(crate) static BUILT_IN: &[(&str, &str, &str)] = &[\n");
    for folder in entries(&root)?.into_iter().filter(|path| path.is_dir()) {
        println!("cargo:rerun-if-changed={}", folder.display());
        for file in entries(&folder)?.into_iter().filter(|f| f.extension().is_some_and(|e| e == "yml")) {
            println!("cargo:rerun-if-changed={}", file.display());
            let name =
                |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            let path = file.canonicalize()?;
            let _ = writeln!(
                table,
                "    ({:?}, {:?}, include_str!({:?})),",
                name(&folder),
                name(&file),
                path.to_string_lossy()
            );
        }
    }
    table.push_str("];\n");
    let out = PathBuf::from(env::var("OUT_DIR").unwrap_or_default()).join("built_in.rs");
    fs::write(out, table)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<io::Result<Vec<_>>>()?;
    found.retain(|path| path.is_dir() || path.is_file());
    found.sort();
    Ok(found)
}
