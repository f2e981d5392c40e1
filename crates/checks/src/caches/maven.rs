//! Maven's home: a private one, with what the user has fetched and their settings without logins. For `caches`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::{MAX_LINKED_FILES, copy_tree, link_folders};

/// Files up to this length are copied: Maven rewrites its notes of where a package came from. Packages are longer.
const MAX_COPIED: u64 = 2 << 10;

/// `user`: their `.m2`; `fetched`: caches that set-up has filled.
pub(super) fn redirect(
    env: &mut BTreeMap<OsString, OsString>,
    user: &Path,
    fetched: Option<&Path>,
    home: &Path,
) {
    // Maven's start script takes its options apart at blanks
    let Some(path) = home.to_str().filter(|path| !path.contains(char::is_whitespace)) else { return };
    let own = home.join(".m2");
    drop(fs::create_dir_all(&own));
    let sources = [fetched.map(|fetched| fetched.join("maven/.m2")), Some(user.to_path_buf())];
    if !own.join("repository").exists()
        && let Some(from) = sources.iter().flatten().find(|from| from.join("repository").is_dir())
    {
        let mut left = MAX_LINKED_FILES;
        copy_tree(&from.join("repository"), &own.join("repository"), &mut left, MAX_COPIED);
    }
    if let Some(from) = sources.iter().flatten().find(|from| from.join("wrapper").is_dir()) {
        link_folders(&from.join("wrapper/dists"), &own.join("wrapper/dists"), 2);
    }
    if let Some(settings) =
        fs::read_to_string(user.join("settings.xml")).ok().and_then(|text| without_logins(&text))
    {
        drop(fs::write(own.join("settings.xml"), settings));
    }
    env.insert("MAVEN_OPTS".into(), format!("-Duser.home={path}").into());
    env.insert("MAVEN_USER_HOME".into(), own.into());
}

/// Settings say where packages come from; logins stand in parts of their own. `None` where one stands elsewhere too.
fn without_logins(text: &str) -> Option<String> {
    let mut text = text.to_owned();
    for part in ["servers", "proxies", "localRepository"] {
        let (open, close) = (format!("<{part}>"), format!("</{part}>"));
        while let Some(start) = text.find(&open) {
            let end = text.get(start..)?.find(&close)? + start + close.len();
            text.replace_range(start..end, "");
        }
    }
    let lower = text.to_ascii_lowercase();
    (!["password", "passphrase", "token", "secret"].iter().any(|word| lower.contains(word))).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_taken_over_without_logins() {
        let mirrors = "<mirrors><mirror><url>file:///x</url></mirror></mirrors>";
        let with = format!(
            "<settings><servers><server><password>p</password></server></servers>{mirrors}</settings>"
        );
        assert_eq!(without_logins(&with), Some(format!("<settings>{mirrors}</settings>")));
        assert_eq!(
            without_logins("<settings><properties><my.token>t</my.token></properties></settings>"),
            None
        );
        assert_eq!(without_logins("<settings><servers>"), None);
    }

    #[test]
    fn maven_reads_what_the_user_and_set_up_have_and_writes_to_its_own_home() {
        let place = tempfile::tempdir().unwrap();
        let (user, caches) = (place.path().join("home/.m2"), place.path().join("caches"));
        let package = user.join("repository/org/a/1");
        fs::create_dir_all(&package).unwrap();
        fs::write(package.join("a-1.jar"), [0; 5_000]).unwrap();
        fs::write(package.join("_remote.repositories"), "a-1.jar>central=").unwrap();
        let mut env = BTreeMap::new();
        redirect(&mut env, &user, None, &caches.join("maven"));
        let own = caches.join("maven/.m2/repository/org/a/1");
        assert!(own.join("a-1.jar").is_symlink() && !own.join("_remote.repositories").is_symlink());
        fs::write(caches.join("maven/.m2/repository/org/new"), "fetched").unwrap();
        // A check sees what set-up has fetched
        let run = place.path().join("run/maven");
        redirect(&mut env, &user, Some(&caches), &run);
        assert!(run.join(".m2/repository/org/new").is_file());
        assert_eq!(
            env.get(std::ffi::OsStr::new("MAVEN_OPTS")).unwrap(),
            &*format!("-Duser.home={}", run.display())
        );
        redirect(&mut env, &user, None, &place.path().join("a b"));
        assert!(!place.path().join("a b").exists());
    }
}
