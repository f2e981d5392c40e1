//! Confining where a check may write, by Landlock.
//!
//! Landlock restricts a thread and what it starts, for good. So a check is
//! started from a thread made for it, which restricts itself first and ends
//! afterwards; this process as a whole stays as it is.

use std::path::PathBuf;
use std::sync::OnceLock;

/// Devices that programs expect to be able to write to. Not `/dev/shm`, which
/// other programs of the user share.
#[cfg(target_os = "linux")]
const DEVICES: [&str; 5] = ["/dev/null", "/dev/zero", "/dev/full", "/dev/ptmx", "/dev/pts"];

/// Restricts the calling thread for good: it and all that it starts write only
/// below the given paths. Says whether that is fully in force.
#[cfg(target_os = "linux")]
pub(super) fn restrict_this_thread(writable: &[PathBuf]) -> Result<bool, String> {
    use landlock::{
        ABI, AccessFs, LandlockStatus, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus, Scope,
        path_beneath_rules,
    };

    // the newest kernel this was tested with; older ones do what they can
    let abi = ABI::V7;
    let write = AccessFs::from_write(abi);
    let restrict = || {
        Ruleset::default()
            .handle_access(write)?
            // a hostile test cannot signal what it did not start
            .scope(Scope::Signal)?
            .create()?
            .add_rules(path_beneath_rules(writable, write))?
            .add_rules(path_beneath_rules(DEVICES, write))?
            .restrict_self()
    };
    let status = restrict().map_err(|error| format!("Landlock refused the rules: {error}"))?;
    // before its third version Landlock could not keep files from being emptied
    let truncation_covered = matches!(status.landlock, LandlockStatus::Available { effective_abi, .. } if effective_abi >= ABI::V3);
    Ok(status.ruleset != RulesetStatus::NotEnforced && truncation_covered)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn restrict_this_thread(_writable: &[PathBuf]) -> Result<bool, String> {
    Ok(false)
}

/// Whether this kernel can confine checks. Asked once, by trying.
pub fn sandbox_available() -> bool {
    static AVAILABLE: OnceLock<bool> = OnceLock::new();
    *AVAILABLE.get_or_init(|| {
        std::thread::Builder::new()
            .name("sandbox-probe".to_owned())
            .spawn(|| restrict_this_thread(&[]) == Ok(true))
            .ok()
            .and_then(|thread| thread.join().ok())
            .unwrap_or(false)
    })
}
