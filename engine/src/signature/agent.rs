//! What is said to an ssh-agent: one request, one answer (RFC draft-ietf-sshm-ssh-agent).
//!
//! Not here: its socket (the binary). Invariant: whatever an agent answers, the result is a
//! signature or `None`.

use ssh_key::Signature;

const REQUEST_SIGN: u8 = 13;
const RESPONSE_SIGN: u8 = 14;

/// RSA keys sign with SHA-512, not with SHA-1.
const RSA_SHA2_512: u32 = 4;

/// The longest answer that is read, in bytes.
pub const LONGEST: u32 = 256 * 1024;

/// The request, with its length before it, to sign data with a key that the agent has.
pub(super) fn request(key: &[u8], data: &[u8]) -> Vec<u8> {
    let mut body = vec![REQUEST_SIGN];
    for part in [key, data] {
        body.extend(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
        body.extend(part);
    }
    body.extend(RSA_SHA2_512.to_be_bytes());
    let mut message = u32::try_from(body.len()).unwrap_or(u32::MAX).to_be_bytes().to_vec();
    message.extend(body);
    message
}

/// The signature in an answer without its length; `None` when the agent refused.
pub(super) fn signature(answer: &[u8]) -> Option<Signature> {
    let (&RESPONSE_SIGN, rest) = answer.split_first()? else { return None };
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let blob = rest.get(..u32::from_be_bytes(*length) as usize)?;
    Signature::try_from(blob).ok()
}
