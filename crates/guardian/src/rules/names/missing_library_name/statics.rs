//! What globals of JavaScript, classes of Python's library and modules of Rust's have by their own name: `Object.keys`,
//! `datetime.now`, `fs::read`.
//!
//! Only those whose names change seldom; what is not listed is unknown, not missing.

use syntax::Language;

use super::doubtful::{is_hidden, is_tried};
use crate::code::file::File;
use crate::rules::{Change, Found, Pair};

const OF_FUNCTIONS: &str = "apply bind call length name prototype toString constructor hasOwnProperty";

const GLOBALS: &[(&str, &str)] = &[
    (
        "Object",
        "assign create defineProperties defineProperty entries freeze fromEntries getOwnPropertyDescriptor getOwnPropertyDescriptors getOwnPropertyNames getOwnPropertySymbols getPrototypeOf groupBy hasOwn is isExtensible isFrozen isSealed keys preventExtensions seal setPrototypeOf values observe",
    ),
    ("JSON", "parse stringify rawJSON isRawJSON"),
    ("Promise", "all allSettled any race reject resolve try withResolvers"),
    ("Array", "from fromAsync isArray of"),
    ("String", "fromCharCode fromCodePoint raw"),
    (
        "Number",
        "EPSILON MAX_SAFE_INTEGER MAX_VALUE MIN_SAFE_INTEGER MIN_VALUE NEGATIVE_INFINITY NaN POSITIVE_INFINITY isFinite isInteger isNaN isSafeInteger parseFloat parseInt",
    ),
    (
        "Math",
        "E LN10 LN2 LOG10E LOG2E PI SQRT1_2 SQRT2 abs acos acosh asin asinh atan atan2 atanh cbrt ceil clz32 cos cosh exp expm1 f16round floor fround hypot imul log log10 log1p log2 max min pow random round sign sin sinh sqrt sumPrecise tan tanh trunc",
    ),
];

const CLASSES: &[(&str, &str, &str)] = &[
    (
        "datetime",
        "datetime",
        "now utcnow today fromtimestamp utcfromtimestamp fromisoformat fromordinal fromisocalendar combine strptime strftime isoformat timestamp timetuple utctimetuple toordinal date time timetz astimezone replace utcoffset tzname dst ctime isocalendar isoweekday weekday min max resolution year month day hour minute second microsecond tzinfo fold",
    ),
    (
        "datetime",
        "date",
        "today fromtimestamp fromisoformat fromordinal fromisocalendar strptime strftime isoformat timetuple toordinal replace ctime isocalendar isoweekday weekday min max resolution year month day",
    ),
    ("datetime", "timedelta", "min max resolution days seconds microseconds total_seconds"),
    (
        "pathlib",
        "Path",
        "absolute anchor as_posix as_uri chmod copy copy_into cwd drive exists expanduser from_uri full_match glob group hardlink_to home info is_absolute is_block_device is_char_device is_dir is_fifo is_file is_junction is_mount is_relative_to is_reserved is_socket is_symlink iterdir joinpath lchmod link_to lstat match mkdir move move_into name open owner parent parents parser parts read_bytes read_text readlink relative_to rename replace resolve rglob rmdir root samefile stat stem suffix suffixes symlink_to touch unlink walk with_name with_segments with_stem with_suffix write_bytes write_text",
    ),
];

/// What modules of Rust's library have that begins with a capital letter.
const TYPES: &[(&str, &str)] = &[
    (
        "std::collections",
        "HashMap HashSet BTreeMap BTreeSet VecDeque BinaryHeap LinkedList Bound TryReserveError TryReserveErrorKind",
    ),
    ("std::rc", "Rc Weak UniqueRc UniqueRcUninit"),
    (
        "std::path",
        "Path PathBuf Component Components Display Ancestors Iter Prefix PrefixComponent StripPrefixError NormalizeError MAIN_SEPARATOR MAIN_SEPARATOR_STR",
    ),
    (
        "std::cell",
        "Cell RefCell Ref RefMut BorrowError BorrowMutError OnceCell LazyCell UnsafeCell SyncUnsafeCell CloneFromCell",
    ),
];

const MODULES: &[(&str, &str)] = &[
    (
        "fs",
        "canonicalize copy create_dir create_dir_all exists hard_link metadata read read_dir read_link read_to_string remove_dir remove_dir_all remove_file rename set_permissions set_permissions_nofollow set_times set_times_nofollow soft_link symlink_metadata try_exists write",
    ),
    (
        "env",
        "args args_os current_dir current_exe home_dir join_paths remove_var set_current_dir set_var split_paths temp_dir var var_os vars vars_os",
    ),
    (
        "mem",
        "align_of align_of_val align_of_val_raw copy discriminant drop forget forget_unsized min_align_of needs_drop offset_of replace size_of size_of_val swap take transmute transmute_copy uninitialized variant_count zeroed type_info",
    ),
];

pub(super) fn check(change: &Change<'_>, pair: &Pair, file: &File, language: Language, found: &mut Found) {
    match language {
        Language::Rust => in_rust(pair, file, found),
        Language::Python => in_python(pair, file, found),
        Language::Go => {}
        _ => in_ecmascript(change, pair, file, found),
    }
}

fn has(names: &str, name: &str) -> bool {
    names.split(' ').any(|known| known == name)
}

fn in_ecmascript(change: &Change<'_>, pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "member_expression") {
        let of = file.field_text(index, "object");
        let Some((of, names)) = GLOBALS.iter().find(|(global, _)| *global == of) else { continue };
        let name = file.field_text(index, "property");
        let called = flat.kind(node.parent) == "call_expression" && node.field == "function";
        if !called
            || !pair.wrote_at(node.start)
            || has(names, name)
            || has(OF_FUNCTIONS, name)
            || name.starts_with("__")
            || is_hidden(file, of)
            || is_tried(file, index)
        {
            continue;
        }
        // A polyfill, or a declaration that adds it
        let added = change.head.paths().iter().take(3_000).any(|path| {
            Language::of_path(path).is_some_and(Language::is_ecmascript)
                && change.head.read(path).is_some_and(|text| {
                    text.contains(&format!("interface {of}Constructor"))
                        || text.contains(&format!("{of}.{name} ="))
                        || text.contains("core-js")
                        || text.contains(&format!("class {of}"))
                })
        });
        if !added {
            found.node(file, index, format!("`{of}` has no `{name}`"));
        }
    }
}

fn in_python(pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for (module, class, names) in CLASSES {
        let imports = &file.outline().imports;
        let direct = imports.iter().any(|import| {
            import.module == *module && import.names.iter().any(|n| n.name == *class && n.local() == *class)
        });
        let whole = imports.iter().any(|import| {
            import.module == *module
                && import.names.is_empty()
                && import.alias.as_deref().is_none_or(|a| a == *module)
        });
        let through = format!("{module}.{class}");
        for (index, node) in flat.iter().filter(|(_, node)| node.kind == "attribute") {
            let of = file.field_text(index, "object");
            // `Path(x).read_text()`: an object that is made right here
            let made = flat.field(index, "object").filter(|i| flat.kind(*i) == "call");
            let of = made.map_or(of, |call| file.field_text(call, "function"));
            let asked = direct && of == *class || whole && of == through;
            let name = file.field_text(index, "attribute");
            if asked
                && pair.wrote_at(node.start)
                && !name.starts_with("__")
                && !has(names, name)
                && !is_hidden(file, if direct { class } else { module })
                && !is_tried(file, index)
                && !(node.field == "left" && flat.kind(node.parent) == "assignment")
            {
                found.node(file, index, format!("`{class}` has no `{name}`"));
            }
        }
    }
}

fn in_rust(pair: &Pair, file: &File, found: &mut Found) {
    let flat = file.flat();
    for import in &file.outline().imports {
        let Some((module, names)) = TYPES.iter().find(|(module, _)| import.module == *module) else {
            continue;
        };
        for name in import.names.iter().filter(|n| n.name.starts_with(char::is_uppercase)) {
            let row = (name.line as usize).saturating_sub(1);
            if has(names, &name.name) || !pair.wrote(row) || import.conditional {
                continue;
            }
            let start = file.start_of_line(name.line);
            let at = start + file.line(row).find(name.name.as_str()).unwrap_or(0);
            found.at(file, at, at + name.name.len(), format!("`{module}` has no `{}`", name.name));
        }
    }
    for (index, node) in flat.iter().filter(|(_, node)| node.kind == "scoped_identifier") {
        let called = flat.kind(node.parent) == "call_expression" && node.field == "function";
        if !called || !pair.wrote_at(node.start) {
            continue;
        }
        let (path, name) = (file.field_text(index, "path"), file.field_text(index, "name"));
        let Some((module, names)) = MODULES.iter().find(|(module, _)| {
            path.strip_prefix("std::")
                .map_or_else(|| path == *module && is_of_std(file, module), |rest| rest == *module)
        }) else {
            continue;
        };
        let in_macro = flat.above(index).any(|i| matches!(flat.kind(i), "macro_definition" | "token_tree"));
        if !in_macro && name.starts_with(char::is_lowercase) && !has(names, name) {
            found.node(file, index, format!("`std::{module}` has no `{name}`"));
        }
    }
}

/// Whether `fs` is what the file takes in as `std::fs`, and nothing else.
fn is_of_std(file: &File, module: &str) -> bool {
    let imports = &file.outline().imports;
    let brought = imports.iter().filter(|import| {
        import.names.iter().any(|name| name.local() == module)
            || import.alias.as_deref() == Some(module)
            || import.names.is_empty() && import.module.rsplit("::").next() == Some(module)
    });
    let brought: Vec<_> = brought.collect();
    matches!(brought.as_slice(), [only] if only.module == "std" || only.module == format!("std::{module}"))
        && !file.text.contains(&format!("mod {module}"))
}
