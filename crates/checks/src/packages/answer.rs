//! Reads a package manager's answer about a package.
//!
//! It decides nothing about the project; it only compares the answer with the wanted name and
//! version.

use serde_json::Value;

use super::{Manager, Manifest, Wanted, python};
use crate::outcome::{End, Outcome};

/// The longest reason that is passed on, in characters.
const MAX_WHY: usize = 300;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistryAnswer {
    /// The package exists in this version.
    Found { version: String },
    /// There is no such package, or no such version of it.
    Missing,
    /// The package exists, but does not fit, for this reason.
    Unfit { why: String },
    /// Unknown: the client is missing, or the registry does not answer.
    Unknown { why: String },
}

/// Reads the outcome of the check from [`Manifest::lookup`].
pub fn answer(manifest: &Manifest, wanted: &Wanted, outcome: &Outcome) -> RegistryAnswer {
    let unknown = |why: String| RegistryAnswer::Unknown { why };
    match &outcome.end {
        End::Exited { code } => read(manifest.manager, wanted, *code == 0, &outcome.output),
        End::NotFound { program } => unknown(format!("`{program}` is not installed here")),
        End::TimedOut { after_ms } => unknown(format!("no answer within {} s", after_ms / 1000)),
        end => unknown(end.to_string()),
    }
}

/// Whether a run of a package manager failed because the registry or the package manager itself was
/// unavailable, not because of the request.
pub fn is_unreachable(outcome: &Outcome) -> bool {
    const SIGNS: [&str; 24] = [
        "econnrefused",
        "enotfound",
        "etimedout",
        "econnreset",
        "eai_again",
        "e401",
        "e403",
        "e407",
        "e500",
        "e502",
        "e503",
        "could not resolve host",
        "could not connect",
        "couldn't connect",
        "connection refused",
        "newconnectionerror",
        "spurious network error",
        "failed to fetch",
        "dial tcp",
        "no such host",
        "name resolution",
        "network is unreachable",
        "enospc",
        "no space left on device",
    ];
    let text = outcome.output.to_ascii_lowercase();
    match &outcome.end {
        End::Exited { .. } => SIGNS.iter().any(|sign| text.contains(sign)),
        _ => true,
    }
}

fn read(manager: Manager, wanted: &Wanted, success: bool, output: &str) -> RegistryAnswer {
    let answer = match manager {
        Manager::Cargo => cargo(wanted, success, output),
        Manager::Pip => pip(wanted, output),
        Manager::Uv => uv(wanted, success, output),
        Manager::Go => go(success, output),
        _ => npm(success, output),
    };
    answer.unwrap_or_else(|| RegistryAnswer::Unknown { why: why(output) })
}

fn found(version: &str) -> Option<RegistryAnswer> {
    Some(RegistryAnswer::Found { version: version.to_owned() })
}

/// Npm prints one version as text, or a list of several matching ones, the newest last.
fn npm(success: bool, output: &str) -> Option<RegistryAnswer> {
    if success {
        return match serde_json::from_str(output.trim()) {
            Ok(Value::String(version)) => found(&version),
            Ok(Value::Array(all)) => found(all.last()?.as_str()?),
            // No version matches: old clients print nothing
            _ if output.trim().is_empty() => Some(RegistryAnswer::Missing),
            // The list was too long and was cut
            _ => found(output.rsplit('"').nth(1).filter(|v| v.starts_with(|c: char| c.is_ascii_digit()))?),
        };
    }
    let value: Value = serde_json::from_str(output.get(output.find('{')?..)?.trim()).ok()?;
    let error = value.get("error")?;
    let text = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or_default();
    match text("code") {
        "E404" | "ETARGET" => Some(RegistryAnswer::Missing),
        code => Some(RegistryAnswer::Unknown { why: why(&format!("{code}: {}", text("summary"))) }),
    }
}

fn cargo(wanted: &Wanted, success: bool, output: &str) -> Option<RegistryAnswer> {
    if success {
        let line = output.lines().find_map(|line| line.trim().strip_prefix("Adding "))?;
        let version = line.split_whitespace().nth(1)?;
        return found(version.strip_prefix('v').unwrap_or(version));
    }
    if output.contains("could not be found in registry index") || output.contains("could not find `") {
        return Some(RegistryAnswer::Missing);
    }
    let refused = output.lines().find_map(|line| line.strip_prefix("error: "))?;
    let features = refused.contains("unrecognized feature") && !wanted.features.is_empty();
    features.then(|| RegistryAnswer::Unfit { why: why(refused) })
}

fn pip(wanted: &Wanted, output: &str) -> Option<RegistryAnswer> {
    let listed = output.lines().find_map(|line| line.strip_prefix("Available versions: "));
    let Some(listed) = listed else {
        // Pip prints this also if it could not reach the registry
        let unreachable = ["Retrying", "onnection", "SSLError", "ProxyError", "timed out"];
        let asked = !unreachable.iter().any(|sign| output.contains(sign));
        return (asked && output.contains("No matching distribution found"))
            .then_some(RegistryAnswer::Missing);
    };
    let mut versions = listed.split(',').map(str::trim);
    match &wanted.version {
        None => found(versions.next()?),
        Some(spec) => match versions.find(|version| python::is_in(version, spec)) {
            Some(version) => found(version),
            None => Some(RegistryAnswer::Missing),
        },
    }
}

fn uv(wanted: &Wanted, success: bool, output: &str) -> Option<RegistryAnswer> {
    if success {
        let pinned = output.lines().find_map(|line| line.trim().split_once("=="));
        let (name, version) = pinned?;
        return (super::name::normal(name) == super::name::normal(&wanted.name))
            .then(|| found(version.trim()))?;
    }
    let missing =
        ["was not found in the package registry", "there is no version of", "there are no versions of"];
    let text = output.split_whitespace().collect::<Vec<_>>().join(" ");
    missing.iter().any(|sign| text.contains(sign)).then_some(RegistryAnswer::Missing)
}

fn go(success: bool, output: &str) -> Option<RegistryAnswer> {
    if success {
        return found(output.lines().rev().map(str::trim).find(|line| line.starts_with('v'))?);
    }
    let missing = [
        "404 Not Found",
        "410 Gone",
        "unknown revision",
        "no matching versions",
        "invalid version",
        "malformed module path",
        "Repository not found",
    ];
    missing.iter().any(|sign| output.contains(sign)).then_some(RegistryAnswer::Missing)
}

/// The line that explains the failure best.
fn why(output: &str) -> String {
    let lines: Vec<&str> = output.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let says = |line: &&&str| {
        let line = line.to_ascii_lowercase();
        ["error", "econn", "could not", "failed", "refused", "timed out"]
            .iter()
            .any(|sign| line.contains(sign))
    };
    let line = lines.iter().find(says).or(lines.last()).copied().unwrap_or("it said nothing");
    line.chars().take(MAX_WHY).collect()
}
