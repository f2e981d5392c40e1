//! The contents of standard libraries: public names of modules of Python, Go and Node, and methods of plain values.
//!
//! `scripts/library-names.py` writes the tables. A module that is not in them is unknown, not missing.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use syntax::Language;

type Table = HashMap<&'static str, HashSet<&'static str>>;

fn read(text: &'static str) -> Table {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            Some((words.next()?, words.collect()))
        })
        .collect()
}

static PYTHON: LazyLock<Table> = LazyLock::new(|| read(include_str!("../tables/python.txt")));
static GO: LazyLock<Table> = LazyLock::new(|| read(include_str!("../tables/go.txt")));
static NODE: LazyLock<Table> = LazyLock::new(|| read(include_str!("../tables/node.txt")));
static METHODS: LazyLock<Table> = LazyLock::new(|| read(include_str!("../tables/methods.txt")));

/// Whether a module of the standard library has a name; `None` if the module is not in the tables.
pub(crate) fn has(language: Language, module: &str, name: &str) -> Option<bool> {
    let table = match language {
        Language::Python => &PYTHON,
        Language::Go => &GO,
        Language::TypeScript | Language::Tsx | Language::JavaScript => &NODE,
        Language::Rust => return None,
    };
    let module = module.strip_prefix("node:").unwrap_or(module);
    table.get(module).map(|names| names.contains(name))
}

/// Whether a plain value has a method: `python.str`, `node.Array`, `rust.str`; `None` if the kind is unknown.
pub(crate) fn has_method(kind: &str, name: &str) -> Option<bool> {
    if let Some(kind) = kind.strip_prefix("rust.") {
        let own: &[&str] = match kind {
            "str" | "String" => STR,
            _ => return None,
        };
        return Some(own.iter().chain(&[ANY]).any(|names| names.split_whitespace().any(|word| word == name)));
    }
    METHODS.get(kind).map(|names| names.contains(name))
}

/// Methods of `str` and `String`, stable or not.
const STR: &[&str] = &[
    "len is_empty is_char_boundary floor_char_boundary ceil_char_boundary as_bytes as_bytes_mut as_ptr as_mut_ptr get get_mut get_unchecked get_unchecked_mut slice_unchecked slice_mut_unchecked split_at split_at_mut split_at_checked split_at_mut_checked chars char_indices bytes split_whitespace split_ascii_whitespace lines lines_any encode_utf16 contains starts_with ends_with find rfind split split_inclusive rsplit split_terminator rsplit_terminator splitn rsplitn split_once rsplit_once matches rmatches match_indices rmatch_indices trim trim_start trim_end trim_left trim_right trim_matches trim_start_matches trim_end_matches trim_left_matches trim_right_matches strip_prefix strip_suffix strip_circumfix trim_prefix trim_suffix parse is_ascii as_ascii eq_ignore_ascii_case make_ascii_uppercase make_ascii_lowercase trim_ascii trim_ascii_start trim_ascii_end escape_debug escape_default escape_unicode into_boxed_bytes replace replacen to_lowercase to_uppercase into_string repeat to_ascii_uppercase to_ascii_lowercase substr_range word_to_titlecase",
    "new with_capacity from_utf8 from_utf16 into_bytes as_str as_mut_str push_str push capacity reserve reserve_exact try_reserve try_reserve_exact shrink_to_fit shrink_to truncate pop remove remove_matches retain insert insert_str as_mut_vec clear drain replace_range replace_first replace_last into_boxed_str leak into_chars split_off extend_from_within into_raw_parts as_string",
];

/// Methods that traits of the standard library add to strings.
const ANY: &str = "clone clone_from clone_into to_string to_owned into try_into as_ref as_mut borrow borrow_mut eq ne cmp partial_cmp lt le gt ge max min clamp hash fmt type_id to_socket_addrs join concat connect index index_mut deref deref_mut extend extend_one write_str write_char write_fmt add add_assign into_iter iter as_os_str as_path default from to_vec first last swap";
