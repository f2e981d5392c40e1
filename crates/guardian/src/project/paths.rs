//! Paths of a project, and what their names say.
//!
//! It opens no file and knows no tree. Most rules use it: each word added to a list here makes rules silent, or
//! lowers them to warnings, in every folder of that name.

pub(crate) use shared::paths::join;

/// The folder of a path; "" at the root.
pub(crate) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Files that contain faults on purpose, or are templates.
pub(crate) fn is_specimen(path: &str) -> bool {
    is_vendored(path)
        || path.split('/').any(|part| {
            matches!(
                part,
                "fixtures"
                    | "fixture"
                    | "__fixtures__"
                    | "testdata"
                    | "test-data"
                    | "templates"
                    | "template"
                    | "__testfixtures__"
                    | "snapshots"
                    | "__snapshots__"
                    | "test-cases"
                    | "node_modules"
                    | "vendor"
                    | "third_party"
                    | "examples"
                    | "samples"
                    | "docs"
                    | "website"
                    | "playground"
                    | "ui"
                    | "trybuild"
                    | "compile-fail"
                    | "__mocks__"
            ) || part.ends_with("Cases")
        })
}

/// Folders with the code of other projects.
pub(crate) fn is_vendored(path: &str) -> bool {
    // What a bundler wrote: nobody edits it by hand
    if ["-min.js", ".min.js", ".min.mjs", ".min.cjs", ".bundle.js"].iter().any(|end| path.ends_with(end)) {
        return true;
    }
    path.split('/').any(|part| {
        matches!(
            part,
            "node_modules"
                | "vendor"
                | "vendored"
                | "_vendor"
                | "third_party"
                | "third-party"
                | "thirdparty"
                | "externals"
                | "_externals"
        )
    })
}

/// Folders whose content a build generates.
pub(crate) fn is_built(path: &str) -> bool {
    path.split('/').any(|part| {
        matches!(
            part,
            "dist"
                | "build"
                | "generated"
                | "__generated__"
                | "gen"
                | "out"
                | "target"
                | "_build"
                | "pkg"
                | ".next"
                | ".svelte-kit"
                | ".nuxt"
                | "coverage"
                | "esm"
                | "cjs"
                | "umd"
        )
    }) || path.contains(".generated")
}
