//! Traps that a command leaves for the engine itself: links in folders in which the next run is prepared, and very deep folders.
//! Each may cost the command its own files, but nothing else.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // Also in helpers of tests

use std::path::Path;

mod place;
use place::{Place, levels, python};

fn listed(folder: &Path) -> Vec<String> {
    let mut all: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    all.sort();
    all
}

#[tokio::test]
async fn a_link_in_the_temporary_folder_leads_the_next_command_nowhere() {
    for level in levels() {
        let place = Place::at(level);
        let home = place.path("home");
        for name in ["tmp", "caches", "x"] {
            let plant = format!(
                "cd $TMPDIR && rm -rf {name} && ln -s {} {name} && echo planted; mkdir -p /tmp/deep; echo x > /tmp/left",
                home.display()
            );
            assert!(place.quick(&plant).await.output.contains("planted"), "{level}");
            let use_it = "cat /tmp/.profile $TMPDIR/*/.profile; echo x > /tmp/new; echo x > $TMPDIR/tmp/new; ls -A /tmp";
            let outcome = place.quick(use_it).await;
            assert!(!outcome.output.contains("mine"), "{level} {name}: {}", outcome.output);
            assert!(!outcome.output.contains("left"), "{level} {name}: {}", outcome.output);
            assert_eq!(listed(&home), [".profile"], "{level} {name}");
        }
        assert!(!listed(&place.path("")).iter().any(|name| name.starts_with("scratch")), "{level}");
    }
}

#[tokio::test]
async fn caches_that_a_command_turned_into_links_are_made_again() {
    for level in levels() {
        let mut place = Place::at(level);
        let home = place.path("home");
        std::fs::write(home.join(".npmrc"), "registry=https://example.org\n_authToken=mine\n").unwrap();
        std::fs::create_dir_all(home.join(".cargo/registry/index")).unwrap();
        std::fs::write(home.join(".cargo/config.toml"), "[net]\n").unwrap();
        std::fs::write(place.path("slot/Cargo.toml"), "[package]\n").unwrap();
        place.options.env.insert("HOME".into(), home.display().to_string());
        place.options.env.insert("CARGO_HOME".into(), home.join(".cargo").display().to_string());
        let before = (listed(&home), listed(&home.join(".cargo")));
        let plant = format!(
            "mkdir -p $TMPDIR/caches && cd $TMPDIR/caches && rm -rf settings cargo xdg && ln -s {0} settings && ln -s {0} cargo && echo planted",
            home.display()
        );
        assert!(place.quick(&plant).await.output.contains("planted"), "{level}");
        let outcome = place.quick("ls -A $CARGO_HOME; cat $npm_config_userconfig").await;
        assert!(outcome.output.contains("config.toml"), "{level}: {}", outcome.output);
        assert!(!outcome.output.contains("mine"), "{level}: {}", outcome.output);
        assert!(std::fs::read_to_string(home.join(".npmrc")).unwrap().contains("mine"), "{level}");
        assert_eq!((listed(&home), listed(&home.join(".cargo"))), before, "{level}");
    }
}

#[tokio::test]
async fn a_folder_without_a_visible_end_is_removed_as_well() {
    if !python() {
        return;
    }
    for level in levels() {
        let place = Place::at(level);
        let script = "import os
os.chdir('/tmp' if os.access('/tmp', os.W_OK) else os.environ['TMPDIR'])
for _ in range(4_000):
    os.mkdir('d')
    os.chdir('d')
print('dug')";
        std::fs::write(place.path("slot/dig.py"), script).unwrap();
        let outcome = place.quick("/usr/bin/python3 dig.py").await;
        assert!(outcome.output.contains("dug"), "{level}: {}", outcome.output);
        assert!(!listed(&place.path("")).iter().any(|name| name.starts_with("scratch")), "{level}");
        let removed = std::process::Command::new("rm").arg("-rf").arg(place.path("tmp")).status().unwrap();
        assert!(removed.success());
    }
}
