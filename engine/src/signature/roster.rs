//! Who signed and approved a plan: every signature file beside it, and whether it counts.
//!
//! Not here: whether they are enough (`demand`), how a list looks (`render`). Invariant: an approval
//! counts only by someone who is neither the author nor another one counted.

use std::collections::BTreeMap;

use crate::name::printable;
use crate::signature::seal::{Seal, SealError};
use crate::signature::signers::{AllowedSigners, NotAllowed, Signer};
use crate::signature::{Moment, Purpose};

/// Signature files found beside a plan.
#[derive(Clone, Debug, Default)]
pub struct Seals {
    /// `PLAN.sig`, when there is one.
    pub signature: Option<Vec<u8>>,
    /// `PLAN.approval-….sig`, by name.
    pub approvals: BTreeMap<String, Vec<u8>>,
}

/// One signature file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signatory {
    /// What it is meant as.
    pub purpose: Purpose,
    /// Its file.
    pub file: String,
    /// What it is worth.
    pub worth: Worth,
}

/// What a signature is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Worth {
    /// It counts.
    Counts(Signer),
    /// It is good, and nobody has said whose signatures count.
    Unjudged {
        /// The key's fingerprint.
        fingerprint: String,
    },
    /// It is good, and the key may not sign.
    NotAllowed {
        /// The key's fingerprint.
        fingerprint: String,
        /// Why.
        why: NotAllowed,
    },
    /// An approval by whom the author may be.
    OwnApproval(Signer),
    /// Another one by somebody who is counted already.
    Repeated(Signer),
    /// It is no signature of this plan.
    Unfit(SealError),
}

/// Lists what is beside a plan. `signers` say who counts; where they name nobody, nobody is judged.
pub fn roster(bytes: &[u8], seals: &Seals, signers: &AllowedSigners, moment: &Moment) -> Vec<Signatory> {
    let judge = |purpose, text: &[u8]| worth((purpose, text), bytes, signers, moment);
    let mut all = Vec::new();
    let mut counted: Vec<Signer> = Vec::new();
    if let Some(text) = &seals.signature {
        let worth = judge(Purpose::Plan, text);
        counted.extend(worth.signer().cloned());
        all.push(Signatory { purpose: Purpose::Plan, file: "beside the plan".to_owned(), worth });
    }
    let authors = counted.len();
    for (file, text) in &seals.approvals {
        let worth = match judge(Purpose::Approval, text) {
            Worth::Counts(signer) if counted[..authors].iter().any(|author| author.may_be(&signer)) => {
                Worth::OwnApproval(signer)
            }
            Worth::Counts(signer) if counted.iter().any(|other| other.may_be(&signer)) => {
                Worth::Repeated(signer)
            }
            other => other,
        };
        counted.extend(worth.signer().cloned());
        all.push(Signatory { purpose: Purpose::Approval, file: file.clone(), worth });
    }
    all
}

fn worth(
    (purpose, text): (Purpose, &[u8]),
    bytes: &[u8],
    signers: &AllowedSigners,
    moment: &Moment,
) -> Worth {
    let seal = match Seal::open(text, purpose, bytes) {
        Ok(seal) => seal,
        Err(error) => return Worth::Unfit(error),
    };
    let fingerprint = seal.fingerprint();
    if signers.is_empty() {
        return Worth::Unjudged { fingerprint };
    }
    match signers.allow(&seal, purpose, moment) {
        Ok(signer) => Worth::Counts(signer),
        Err(why) => Worth::NotAllowed { fingerprint, why },
    }
}

impl Worth {
    /// Who it is by, when it counts.
    pub fn signer(&self) -> Option<&Signer> {
        match self {
            Worth::Counts(signer) => Some(signer),
            Worth::Unjudged { .. }
            | Worth::NotAllowed { .. }
            | Worth::OwnApproval(_)
            | Worth::Repeated(_)
            | Worth::Unfit(_) => None,
        }
    }

    /// Whether it counts; `None` where nobody is judged.
    pub fn counts(&self) -> Option<bool> {
        match self {
            Worth::Counts(_) => Some(true),
            Worth::Unjudged { .. } => None,
            Worth::NotAllowed { .. } | Worth::OwnApproval(_) | Worth::Repeated(_) | Worth::Unfit(_) => {
                Some(false)
            }
        }
    }

    /// The fingerprint of its key, and the names that the list has for it.
    pub fn key(&self) -> Option<(&str, &[String])> {
        match self {
            Worth::Counts(signer) | Worth::OwnApproval(signer) | Worth::Repeated(signer) => {
                Some((&signer.fingerprint, &signer.principals))
            }
            Worth::Unjudged { fingerprint } | Worth::NotAllowed { fingerprint, .. } => {
                Some((fingerprint, &[]))
            }
            Worth::Unfit(_) => None,
        }
    }

    /// Why it does not count, as the end of a sentence; `None` when it does or nobody is judged.
    pub fn flaw(&self) -> Option<String> {
        let why = match self {
            Worth::Counts(_) | Worth::Unjudged { .. } => return None,
            Worth::NotAllowed { why: NotAllowed::Unknown, .. } => "the key is not among the allowed signers",
            Worth::NotAllowed { why: NotAllowed::Namespace, .. } => {
                "the allowed signers have the key for other purposes"
            }
            Worth::NotAllowed { why: NotAllowed::NotYet, .. } => "the key is not valid yet",
            Worth::NotAllowed { why: NotAllowed::Expired, .. } => "the key is not valid any more",
            Worth::OwnApproval(_) => "it is by the plan's author",
            Worth::Repeated(_) => "the same person is counted already",
            Worth::Unfit(SealError::Namespace(name)) => {
                return Some(format!("it was made for the namespace \"{}\"", printable(name)));
            }
            Worth::Unfit(error @ (SealError::Malformed | SealError::OtherBytes)) => {
                return Some(error.to_string());
            }
        };
        Some(why.to_owned())
    }
}

impl Signatory {
    /// A sentence: `Approved by bo@example.com (SHA256:…).`
    pub fn text(&self) -> String {
        let done = match self.purpose {
            Purpose::Plan => "Signed",
            Purpose::Approval => "Approved",
        };
        let by = match self.worth.key() {
            None => {
                let flaw = self.worth.flaw().unwrap_or_default();
                let what = self.purpose.words();
                return format!("The {what} {} does not count: {flaw}.", printable(&self.file));
            }
            Some((fingerprint, [])) => format!("the key {fingerprint}"),
            Some((fingerprint, names)) => format!("{} ({fingerprint})", printable(&names.join(","))),
        };
        match (self.worth.flaw(), self.worth.counts()) {
            (Some(flaw), _) => format!("{done} by {by}, which does not count: {flaw}."),
            (None, None) => format!("{done} by {by}; no list of allowed signers says whose it is."),
            (None, Some(_)) => format!("{done} by {by}."),
        }
    }
}
