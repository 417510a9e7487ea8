//! The `roleform` block.

use hcl::edit::structure::Block;

use super::duration::duration;
use super::reading::{Read, Reading, Schema, check};
use crate::code::Code;
use crate::config::value::convert::convert;
use crate::config::value::types::Type;
use crate::config::value::{Data, Value};
use crate::declared::Settings;

const ROLEFORM: Schema = Schema {
    arguments: &[
        "required_version",
        "require_signature",
        "require_approval",
        "allowed_signers",
        "plan_expiry",
    ],
    blocks: &["credentials"],
    once: &["credentials"],
};

const OF_MODULE: Schema = Schema { arguments: &["required_version"], blocks: &[], once: &[] };

const CREDENTIALS: Schema = Schema { arguments: &["recipients"], blocks: &[], once: &[] };

/// Settings of the configuration as a whole.
pub(crate) fn settings(reading: &mut Reading<'_>, block: &Block) -> Settings {
    check(block, &ROLEFORM, reading.place, reading.diagnostics);
    if let Some(wanted) = reading.text(block, "required_version") {
        version(reading, &wanted);
    }
    let mut settings = Settings {
        require_signature: reading.flag(block, "require_signature").unwrap_or_default(),
        require_approvals: approvals(reading, block),
        allowed_signers: reading.text(block, "allowed_signers").map(|read| read.value),
        ..Settings::default()
    };
    if let Some(text) = reading.text(block, "plan_expiry") {
        settings.plan_expiry_seconds = duration(reading, "plan_expiry", &text);
    }
    let demands = settings.require_signature || settings.require_approvals > 0;
    if demands && settings.allowed_signers.is_none() && !block.body.has_attribute("allowed_signers") {
        reading.missing(block, "allowed_signers");
    }
    for credentials in block.body.get_blocks("credentials") {
        check(credentials, &CREDENTIALS, reading.place, reading.diagnostics);
        match reading.texts(credentials, "recipients") {
            Some(recipients) => {
                for recipient in recipients {
                    if let Some(key) = public_key(reading, &recipient) {
                        settings.recipients.push(key);
                    }
                }
            }
            None if !credentials.body.has_attribute("recipients") => {
                reading.missing(credentials, "recipients")
            }
            None => {}
        }
    }
    settings
}

/// The `roleform` block of a module: all it can do is demand a version.
pub(crate) fn of_module(reading: &mut Reading<'_>, block: &Block) {
    check(block, &OF_MODULE, reading.place, reading.diagnostics);
    if let Some(wanted) = reading.text(block, "required_version") {
        version(reading, &wanted);
    }
}

/// `require_approval`: `true` is one, and a number is that many.
fn approvals(reading: &mut Reading<'_>, block: &Block) -> u32 {
    let Some(read) = reading.open(block, "require_approval") else { return 0 };
    if let Ok(Value { data: Data::Bool(wanted), .. }) = convert(&read.value, &Type::Bool) {
        return u32::from(wanted);
    }
    let number = reading.integer(block, "require_approval", 0..=100);
    number.and_then(|number| u32::try_from(number).ok()).unwrap_or_default()
}

/// A recipient's key, by its looks; the credential store reads it in full.
fn public_key(reading: &mut Reading<'_>, recipient: &Read<String>) -> Option<String> {
    let text = recipient.value.trim();
    if text.starts_with("age1") || text.starts_with("ssh-ed25519 ") || text.starts_with("ssh-rsa ") {
        return Some(text.to_owned());
    }
    let detail = if text.starts_with("AGE-SECRET-KEY-") || text.contains("PRIVATE KEY") {
        "This is a private key. A recipient is the public one, which begins with \"age1\" or \"ssh-\"; replace this identity, since it has been written down."
    } else {
        "A recipient is a public key: \"age1…\", \"ssh-ed25519 …\" or \"ssh-rsa …\"."
    };
    reading.error(Code::CFG057, "Invalid value", detail, &recipient.span);
    None
}

/// Checks `required_version` against the running version.
fn version(reading: &mut Reading<'_>, wanted: &Read<String>) {
    let running = env!("CARGO_PKG_VERSION");
    match satisfied(&wanted.value, running) {
        Some(true) => {}
        Some(false) => {
            let detail = format!(
                "This configuration is for roleform {}, and this is roleform {running}.",
                wanted.value
            );
            reading.error(Code::CFG059, "Unsupported roleform version", detail, &wanted.span);
        }
        None => {
            let detail = "The value of \"required_version\" must be a version constraint such as \">= 0.1\" or \"~> 1.2, < 1.9\".";
            reading.error(Code::CFG057, "Invalid value", detail, &wanted.span);
        }
    }
}

/// Whether a version satisfies constraints separated by commas; `None` when they cannot be read.
fn satisfied(constraints: &str, running: &str) -> Option<bool> {
    let running = numbers(running)?;
    let mut all = true;
    for constraint in constraints.split(',') {
        let constraint = constraint.trim();
        let split = constraint.find(|c: char| c.is_ascii_digit() || c == 'v')?;
        let (operator, version) = (constraint[..split].trim(), constraint[split..].trim_start_matches('v'));
        let wanted = numbers(version)?;
        let given = version.split('.').count();
        all &= match operator {
            "" | "=" => running == wanted,
            "!=" => running != wanted,
            ">" => running > wanted,
            ">=" => running >= wanted,
            "<" => running < wanted,
            "<=" => running <= wanted,
            // The last number given may grow, those before it may not.
            "~>" => running >= wanted && running[..given.max(2) - 1] == wanted[..given.max(2) - 1],
            _ => return None,
        };
    }
    Some(all)
}

fn numbers(version: &str) -> Option<[u64; 3]> {
    let mut numbers = [0; 3];
    let plain = version.split(['-', '+']).next()?;
    for (at, part) in plain.split('.').enumerate() {
        *numbers.get_mut(at)? = part.parse().ok()?;
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::satisfied;

    #[test]
    fn version_constraints_are_terraforms() {
        for (constraints, running, wanted) in [
            (">= 0.1", "0.1.0", Some(true)),
            ("> 0.1", "0.1.0", Some(false)),
            ("~> 0.1", "0.9.0", Some(true)),
            ("~> 0.1", "1.0.0", Some(false)),
            ("~> 1.2.3", "1.2.9", Some(true)),
            ("~> 1.2.3", "1.3.0", Some(false)),
            (">= 0.1, < 0.3", "0.3.0", Some(false)),
            ("0.1.0", "0.1.0", Some(true)),
            ("!= 0.1.0", "0.1.0", Some(false)),
            ("latest", "0.1.0", None),
            ("=> 1", "0.1.0", None),
        ] {
            assert_eq!(satisfied(constraints, running), wanted, "{constraints} {running}");
        }
    }
}
