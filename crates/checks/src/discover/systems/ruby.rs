//! Ruby: rspec, rake and minitest, through bundler if there is a Gemfile.
//!
//! Gemfile and Rakefile are searched for words, not run. Of rake's tasks only `test` is named. Gems are installed
//! below the project, never into the system.

use crate::check::CheckPurpose;
use crate::discover::source::{Source, join};
use crate::discover::{Ecosystem, SetupCommand, Survey, own};

const FILES: &[&str] = &["Gemfile", "Rakefile", "rakefile", "Rakefile.rb"];

pub(in crate::discover) const ROW: Ecosystem =
    Ecosystem { name: "ruby", manifests: FILES, find, setup, fills: &[], only_fetches: false };

/// The root, and gems below it that bring a Gemfile of their own.
fn projects(source: &Source) -> Vec<String> {
    let mut folders = source.projects(FILES);
    if folders.first().is_some_and(String::is_empty) {
        let is_gem = |folder: &String| {
            !folder.is_empty()
                && source.below(folder).any(|path| !path.contains('/') && path.ends_with(".gemspec"))
        };
        folders.extend(source.folders_with(&["Gemfile"]).into_iter().filter(is_gem));
    }
    folders
}

fn find(survey: &mut Survey) {
    for folder in projects(survey.source) {
        let source = survey.source;
        let bundled = source.has(&folder, "Gemfile");
        let run = |command: &str| if bundled { format!("bundle exec {command}") } else { command.to_owned() };
        let gems = ["Gemfile", "Gemfile.lock"]
            .iter()
            .filter_map(|file| source.read(&folder, file))
            .collect::<String>();
        let rakefile = source.first(&folder, &["Rakefile", "rakefile", "Rakefile.rb"]);
        let tasks = rakefile.and_then(|file| source.read(&folder, file)).unwrap_or_default();
        let has = |end: &str| source.below(&folder).any(|path| path.ends_with(end));
        let starts_tests =
            ["TestTask", "task :test", "task test", "minitest"].iter().any(|mark| tasks.contains(mark));
        // Specifications of a gem below do not count if the project has its own tests
        let own_specs =
            source.below(&folder).any(|path| path.starts_with("spec/") && path.ends_with("_spec.rb"));
        if source.has(&folder, ".rspec") || own_specs || has("_spec.rb") && !starts_tests {
            let because = if source.has(&folder, ".rspec") { ".rspec" } else { "spec" };
            survey.add(own(&folder, "test", CheckPurpose::Test, &run("rspec"), because));
        } else if source.has(&folder, "bin/rails") && has("_test.rb") {
            survey.add(own(&folder, "test", CheckPurpose::Test, "bin/rails test", "bin/rails"));
        } else if let Some(file) = rakefile.filter(|_| starts_tests) {
            survey.add(own(&folder, "test", CheckPurpose::Test, &run("rake test"), file));
        } else if has("_test.rb")
            || source.below(&folder).any(|path| {
                path.rsplit('/').next().is_some_and(|name| name.starts_with("test_") && name.ends_with(".rb"))
            })
        {
            let line = "ruby -Ilib -Itest -e 'Dir.glob(\"test/**/{test_*,*_test}.rb\") { |file| require \"./#{file}\" }'";
            survey.add(own(&folder, "test", CheckPurpose::Test, &run(line), "test"));
        }
        if source.has(&folder, ".rubocop.yml") && (gems.contains("rubocop") || !bundled) {
            survey.add(own(&folder, "lint", CheckPurpose::Lint, &run("rubocop"), ".rubocop.yml"));
        } else if source.has(&folder, ".standard.yml") {
            survey.add(own(&folder, "lint", CheckPurpose::Lint, &run("standardrb"), ".standard.yml"));
        }
    }
}

fn setup(source: &Source) -> Vec<SetupCommand> {
    let folders = projects(source).into_iter().filter(|folder| source.has(folder, "Gemfile"));
    folders
        .map(|folder| {
            let locked = source.has(&folder, "Gemfile.lock");
            SetupCommand {
                otherwise: None,
                run: format!(
                    "BUNDLE_PATH=vendor/bundle {}bundle install",
                    if locked { "BUNDLE_FROZEN=true " } else { "" }
                ),
                source: join(&folder, if locked { "Gemfile.lock" } else { "Gemfile" }),
                folder,
            }
        })
        .collect()
}
