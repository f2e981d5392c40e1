//! Gradle, without its daemon: the wrapper if the project has one.

use crate::check::CheckPurpose;
use crate::discover::source::{Source, join};
use crate::discover::{Ecosystem, Survey, no_setup, own};

const SCRIPTS: &[&str] = &["settings.gradle", "settings.gradle.kts", "build.gradle", "build.gradle.kts"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "gradle", manifests: SCRIPTS, find, setup: no_setup, fills: &[], only_fetches: false };

fn find(survey: &mut Survey) {
    for folder in survey.source.projects(SCRIPTS) {
        let Some((classes, tests)) = tasks(survey.source, &folder) else { continue };
        let gradle = if survey.source.has(&folder, "gradlew") { "sh ./gradlew" } else { "gradle" };
        let file = survey.source.first(&folder, SCRIPTS).unwrap_or("build.gradle");
        // The task that compiles tests has another name in each variant of an Android app
        if !is_android(survey.source, &folder) {
            let build = format!("{gradle} --no-daemon --console=plain {classes}");
            survey.add(own(&folder, "build", CheckPurpose::Build, &build, file));
        }
        let test = format!("{gradle} --no-daemon --console=plain --continue {tests}");
        survey.add(own(&folder, "test", CheckPurpose::Test, &test, file));
    }
}

/// Whether a script of the project, or of a module directly below, uses Android's plugin.
fn is_android(source: &Source, folder: &str) -> bool {
    let modules = source.below(folder).filter_map(|path| {
        let (module, file) = path.rsplit_once('/').unwrap_or(("", path));
        (SCRIPTS.contains(&file) && !module.contains('/')).then(|| join(folder, module))
    });
    let mut modules = modules.take(MAX_MODULES);
    modules.any(|module| {
        let file = source.first(&module, &SCRIPTS[2..]);
        file.and_then(|file| source.read(&module, file))
            .is_some_and(|text| ANDROID.iter().any(|mark| text.contains(mark)))
    })
}

/// How a script names the plugin: by its id, or by the usual alias of a version catalogue.
const ANDROID: [&str; 2] = ["com.android.", "plugins.android."];

/// The most modules that are read.
const MAX_MODULES: usize = 50;

/// The tasks that compile and run the tests. Kotlin multiplatform names them after the platform. `None` for a part of a
/// larger project that has no tests, or that needs the tools of a device.
fn tasks(source: &Source, folder: &str) -> Option<(&'static str, &'static str)> {
    let has = |sets: &[&str]| {
        source.below(folder).any(|path| {
            let mut parts = path.split('/').skip_while(|part| *part != "src").skip(1);
            parts.next().is_some_and(|set| sets.contains(&set)) && parts.next().is_some()
        })
    };
    let several = has(&["commonTest", "jvmTest"]);
    let plain = has(&["test"]);
    if !folder.is_empty() && (!several && !plain || folder.split('/').any(|part| part == "android")) {
        return None;
    }
    Some(match (several, plain) {
        (true, false) => ("jvmTestClasses", "jvmTest"),
        (true, true) => ("testClasses jvmTestClasses", "test jvmTest"),
        _ => ("testClasses", "test"),
    })
}
