//! Maven's home: a private one, with the user's fetched packages and their settings without logins. For `caches`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use quick_xml::Reader;
use quick_xml::escape::{escape, resolve_predefined_entity};
use quick_xml::events::Event;

use super::MAX_LINKED_FILES;
use crate::beneath::Beneath;

/// Files up to this length are copied, because Maven rewrites its notes about a package's origin. Packages are longer.
const MAX_COPIED: u64 = 2 << 10;

/// Elements of settings about the origin of packages.
const PLACES: &[&str] = &["mirror", "repository", "pluginRepository"];

/// `user`: the user's `.m2`; `fetched`: homes that set-up has filled.
pub(super) fn redirect(
    env: &mut BTreeMap<OsString, OsString>,
    user: &Path,
    fetched: Vec<Beneath>,
    home: &Beneath,
) {
    // Maven's start script splits its options at blanks
    let Some(path) = home.path().to_str().filter(|path| !path.contains(char::is_whitespace)) else { return };
    let Ok(own) = home.made(".m2") else { return };
    let sources: Vec<Beneath> = fetched.into_iter().chain(Beneath::of_user(user)).collect();
    let of = |name: &str| sources.iter().find_map(|from| from.below(name));
    if !own.has("repository")
        && let (Some(from), Ok(to)) = (of("repository"), own.made("repository"))
    {
        to.copy_from(&from, &mut MAX_LINKED_FILES.clone(), MAX_COPIED);
    }
    if let (Some(from), Ok(to)) = (of("wrapper/dists"), own.made("wrapper/dists")) {
        to.link_folders(&from, 2);
    }
    if let Some(settings) =
        fs::read_to_string(user.join("settings.xml")).ok().and_then(|text| without_logins(&text))
    {
        drop(own.write("settings.xml", settings.as_bytes()));
    }
    env.insert("MAVEN_OPTS".into(), format!("-Duser.home={path}").into());
    env.insert("MAVEN_USER_HOME".into(), own.path().into());
}

/// Settings with only the origins of packages, without those whose URL contains a login: a login can be anywhere else.
/// `None` if they cannot be read.
fn without_logins(text: &str) -> Option<String> {
    let mut reader = Reader::from_str(text);
    let (mut open, mut kept, mut value) = (Vec::<String>::new(), String::new(), String::new());
    let (mut place, mut has_login) = (0, false);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                let name = String::from_utf8_lossy(tag.local_name().as_ref()).into_owned();
                if !is_kept(open.last().map_or("", String::as_str), &name) {
                    reader.read_to_end(tag.name()).ok()?;
                    continue;
                }
                if PLACES.contains(&name.as_str()) {
                    (place, has_login) = (kept.len(), false);
                }
                kept.push_str(&format!("<{name}>"));
                value.clear();
                open.push(name);
            }
            Event::Text(said) => value.push_str(&String::from_utf8_lossy(&said)),
            Event::CData(said) => value.push_str(&String::from_utf8_lossy(&said)),
            Event::GeneralRef(named) => match named.resolve_char_ref().ok()? {
                Some(c) => value.push(c),
                None => value.push_str(resolve_predefined_entity(&named.decode().ok()?)?),
            },
            Event::End(_) => {
                let name = open.pop()?;
                if is_value(&name) {
                    kept.push_str(&escape(value.trim()));
                }
                // A login can be before the host or in the query
                has_login |= name == "url" && value.contains(['@', '?']);
                kept.push_str(&format!("</{name}>"));
                if PLACES.contains(&name.as_str()) && has_login {
                    kept.truncate(place);
                }
            }
            Event::Eof => return (open.is_empty() && !kept.is_empty()).then_some(kept),
            _ => {}
        }
    }
}

/// Whether an element belongs to the origin of packages, decided by the element around it.
fn is_kept(around: &str, name: &str) -> bool {
    match around {
        "" => name == "settings",
        "settings" => ["mirrors", "profiles", "activeProfiles"].contains(&name),
        "mirrors" => name == "mirror",
        "profiles" => name == "profile",
        "profile" => ["id", "activation", "repositories", "pluginRepositories"].contains(&name),
        "repositories" => name == "repository",
        "pluginRepositories" => name == "pluginRepository",
        "mirror" => ["id", "url", "mirrorOf", "layout", "mirrorOfLayouts", "blocked"].contains(&name),
        "repository" | "pluginRepository" => ["id", "url", "layout", "releases", "snapshots"].contains(&name),
        "activation" => name == "activeByDefault",
        "releases" | "snapshots" => name == "enabled",
        "activeProfiles" => name == "activeProfile",
        _ => false,
    }
}

/// Whether an element holds a text.
fn is_value(name: &str) -> bool {
    const VALUES: &[&str] = &[
        "id",
        "url",
        "mirrorOf",
        "layout",
        "mirrorOfLayouts",
        "blocked",
        "activeByDefault",
        "enabled",
        "activeProfile",
    ];
    VALUES.contains(&name)
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
        assert_eq!(without_logins("<settings><servers>"), None);
        assert_eq!(without_logins("<settings><mirrors>"), None);
        assert_eq!(without_logins("<settings><mirrors><mirror>&mine;</mirror></mirrors></settings>"), None);
    }

    #[test]
    fn logins_outside_their_part_stay_with_the_user() {
        let with =
            "<?xml version=\"1.0\"?>\n<settings xmlns=\"http://maven.apache.org/SETTINGS/1.0.0\"><mirrors>
            <mirror><id>a</id><url>https://me:pw@example.org/m</url></mirror>
            <mirror><id>b</id><url>https://me&#58;pw&#64;example.org/m</url></mirror>
            <mirror><id>c</id><url>https://example.org/m?apiKey=k</url></mirror>
            <mirror><id>d</id><mirrorOf>*,!e</mirrorOf><url> https://example.org/a&amp;b </url></mirror>
            </mirrors><profiles><profile><id>p</id><properties><apiKey>k</apiKey></properties>
            <repositories><repository apiKey=\"k\"><id>r</id><url>https://example.org/r</url><configuration>
            <httpHeaders><property><name>Authorization</name><value>Basic k</value></property></httpHeaders>
            </configuration></repository></repositories></profile></profiles></settings>";
        let kept = "<settings><mirrors><mirror><id>d</id><mirrorOf>*,!e</mirrorOf>\
                    <url>https://example.org/a&amp;b</url></mirror></mirrors><profiles><profile><id>p</id>\
                    <repositories><repository><id>r</id><url>https://example.org/r</url></repository></repositories>\
                    </profile></profiles></settings>";
        assert_eq!(without_logins(with).as_deref(), Some(kept));
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
        let home = |path: &Path| Beneath::make(path).unwrap();
        redirect(&mut env, &user, Vec::new(), &home(&caches.join("maven")));
        let own = caches.join("maven/.m2/repository/org/a/1");
        assert!(own.join("a-1.jar").is_symlink() && !own.join("_remote.repositories").is_symlink());
        fs::write(caches.join("maven/.m2/repository/org/new"), "fetched").unwrap();
        // A check sees the packages that set-up has fetched
        let run = place.path().join("run/maven");
        redirect(&mut env, &user, vec![home(&caches.join("maven/.m2"))], &home(&run));
        assert!(run.join(".m2/repository/org/new").is_file());
        assert_eq!(
            env.get(std::ffi::OsStr::new("MAVEN_OPTS")).unwrap(),
            &*format!("-Duser.home={}", run.display())
        );
        redirect(&mut env, &user, Vec::new(), &home(&place.path().join("a b")));
        assert!(!place.path().join("a b/.m2").exists());
    }
}
