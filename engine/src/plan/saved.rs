//! plan.bin: the frame around a plan's body, and its digest, which is the plan's id.
//!
//! ```text
//! offset      size  field
//! 0           8     magic "roleform"
//! 8           2     format version, big-endian: 1
//! 10          8     length of the body, big-endian
//! 18          n     body (plan::format_v1)
//! 18 + n      32    SHA-256 of all the bytes before it: the plan id
//! ```
//!
//! Not here: whether a plan may still be applied (`plan::verify`). Invariant: every byte is
//! covered by the digest, which is checked before anything is decoded, and a plan has exactly
//! one encoding.

use std::fmt;
use std::str::FromStr;

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::digest::{Digest, NotADigest, hex};
use crate::format::{self, OtherVersion};
use crate::plan::{Plan, format_v1};

const MAGIC: &[u8; 8] = b"roleform";
const VERSION: u16 = 1;
const HEAD: usize = 18;
const DIGEST_BYTES: usize = 32;

/// The id of a plan: the SHA-256 over its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlanId(pub [u8; 32]);

impl fmt::Display for PlanId {
    /// 64 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for PlanId {
    type Err = NotADigest;

    fn from_str(text: &str) -> Result<PlanId, NotADigest> {
        text.parse().map(|digest: Digest| PlanId(digest.0))
    }
}

/// A plan as decoded from a file, not yet checked against state and server.
#[derive(Clone, Debug)]
pub struct SavedPlan {
    /// Its id.
    pub id: PlanId,
    /// The plan.
    pub plan: Plan,
}

/// Encodes a plan as a file.
pub fn encode(plan: &Plan) -> (PlanId, Vec<u8>) {
    let body = format_v1::write(plan);
    let mut bytes = Vec::with_capacity(HEAD + body.len() + DIGEST_BYTES);
    bytes.extend(MAGIC);
    bytes.extend(VERSION.to_be_bytes());
    bytes.extend((body.len() as u64).to_be_bytes());
    bytes.extend(body);
    let id = Digest::of(&[&bytes]);
    bytes.extend(id.0);
    (PlanId(id.0), bytes)
}

/// Decodes a file.
pub fn decode(bytes: &[u8]) -> Result<SavedPlan, Diagnostic> {
    if bytes.is_empty() {
        return Err(damaged("The file is empty."));
    }
    if !bytes.starts_with(MAGIC) {
        return Err(Diagnostic::error(
            Code::SAV002,
            "Not a plan file",
            "The file does not begin as a plan of roleform does.",
        )
        .hint("make one with `roleform plan -out plan.bin`"));
    }
    let (Some(version), Some(length)) = (bytes.get(8..10), bytes.get(10..HEAD)) else {
        return Err(damaged("The file ends within its header."));
    };
    let version = version.iter().fold(0_u16, |version, byte| version << 8 | u16::from(*byte));
    let read = format::plan(version).map_err(other_format)?;
    let length = length.iter().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
    let expected = length.checked_add((HEAD + DIGEST_BYTES) as u64);
    if expected != Some(bytes.len() as u64) {
        return Err(damaged("The file is longer or shorter than its header says: it was cut or added to."));
    }
    let (content, digest) = bytes.split_at(bytes.len() - DIGEST_BYTES);
    let id = Digest::of(&[content]);
    if digest != id.0 {
        return Err(damaged("The digest at its end does not match its content: a byte was changed."));
    }
    let plan = read(&content[HEAD..]).ok_or_else(|| damaged("Its content is not a plan."))?;
    // One plan, one file: what decodes to the same plan but is written otherwise is no plan.
    if encode(&plan).1 != bytes {
        return Err(damaged("Its content is not written as roleform writes it."));
    }
    Ok(SavedPlan { id: PlanId(id.0), plan })
}

fn damaged(detail: &str) -> Diagnostic {
    Diagnostic::error(Code::SAV001, "Plan file is damaged", format!("{detail} Nothing was done."))
        .hint("make a new plan with `roleform plan -out plan.bin`")
}

fn other_format(other: OtherVersion) -> Diagnostic {
    Diagnostic::error(Code::SAV003, "Plan file has another format", format!("The plan's {other}."))
        .hint("apply it with the roleform that made it, or make a new plan")
}

#[cfg(test)]
mod tests;
