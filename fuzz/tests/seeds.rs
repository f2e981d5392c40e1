//! Runs every target on its seeds, and writes them to `corpus/<target>/` for `cargo fuzz run <target>`.

use std::path::Path;
use std::{fs, io};

use fuzz::TARGETS;

#[test]
fn every_target_holds_on_its_seeds() {
    for (name, run, seeds) in TARGETS {
        let seeds = seeds();
        assert!(!seeds.is_empty(), "{name} has no seeds");
        for seed in &seeds {
            run(seed);
            // And on what is left where they are cut short
            (0..seed.len().min(4_000)).step_by(997).for_each(|end| run(&seed[..end]));
        }
        write(name, &seeds).expect("the corpus is written");
    }
}

fn write(target: &str, seeds: &[Vec<u8>]) -> io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder)?;
    seeds.iter().enumerate().try_for_each(|(n, seed)| fs::write(folder.join(format!("seed-{n:03}")), seed))
}
