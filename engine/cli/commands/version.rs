//! `roleform version`: Terraform's two forms of it.
//!
//! Not here: formats' versions (`show -json`). Invariant: nothing is read and nobody asked.

use crate::args::Version;
use crate::error::{CommandResult, Exit};
use crate::terminal::Terminal;

/// Prints the version.
pub(crate) fn run(args: &Version, terminal: &Terminal) -> CommandResult {
    let version = env!("CARGO_PKG_VERSION");
    let platform = platform();
    if args.json {
        let object = serde_json::json!({
            "roleform_version": version,
            "platform": platform,
            "provider_selections": {},
        });
        terminal.data(&format!("{object:#}\n"));
    } else {
        terminal.data(&format!("roleform v{version}\non {platform}\n"));
    }
    Ok(Exit::Done)
}

/// Operating system and architecture in Terraform's words.
fn platform() -> String {
    let system = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        other => other,
    };
    format!("{system}_{architecture}")
}
