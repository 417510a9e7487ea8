//! Whether a plan file has the signatures that are demanded of it.
//!
//! Demands come from the plan itself, from the configuration as it stands, and from the command
//! line. Each is met on its own, with its own list of signers, so that no one of them can weaken
//! another. Not here: what a signature is worth (`roster`), the words of a refusal (`refusal`). Invariant: an approval counts only by
//! someone who is neither the author nor another one counted.

use crate::diagnostic::Diagnostic;
use crate::signature::key::SigningKey;
use crate::signature::refusal;
use crate::signature::roster::{Seals, Signatory, Worth, roster};
use crate::signature::seal::Seal;
use crate::signature::signers::{AllowedSigners, NotAllowed, Signer};
use crate::signature::{Moment, Purpose};

/// Who demands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The configuration as it was when the plan was made.
    Plan,
    /// The configuration as it stands.
    Configuration,
    /// `-require-signature`, `-allowed-signers`.
    CommandLine,
}

/// What is demanded.
#[derive(Clone, Debug)]
pub struct Demand {
    /// By whom.
    pub source: Source,
    /// The author's signature. Approvals need it too: they are by someone else than the author.
    pub signature: bool,
    /// So many approvals.
    pub approvals: u32,
    /// Who may sign.
    pub signers: AllowedSigners,
}

/// Who stands for a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signatories {
    /// The author, when a signature was demanded.
    pub author: Option<Signer>,
    /// Those who approved, as far as they were counted.
    pub approvers: Vec<Signer>,
}

/// Meets every demand, or refuses.
pub fn meet(
    bytes: &[u8],
    seals: &Seals,
    demands: &[Demand],
    moment: &Moment,
) -> Result<Signatories, Diagnostic> {
    let mut all = Signatories::default();
    for demand in demands.iter().filter(|demand| demand.signature || demand.approvals > 0) {
        let found = one(bytes, seals, demand, moment)?;
        all.author = all.author.or(found.author);
        let more: Vec<Signer> =
            found.approvers.into_iter().filter(|signer| !all.approvers.contains(signer)).collect();
        all.approvers.extend(more);
    }
    Ok(all)
}

/// Whether an approval by a key would count, as far as can be told now; who that is, when the
/// demand names anybody.
pub fn may_approve(
    (bytes, seals): (&[u8], &Seals),
    demand: &Demand,
    key: &SigningKey,
    moment: &Moment,
) -> Result<Option<Signer>, Diagnostic> {
    let signed = seals.signature.as_ref().and_then(|text| Seal::open(text, Purpose::Plan, bytes).ok());
    if let Some(author) = signed.as_ref().filter(|author| author.fingerprint() == key.fingerprint()) {
        return Err(refusal::own("This key", &author.fingerprint()));
    }
    if demand.signers.is_empty() {
        return Ok(None);
    }
    let signer = key
        .who(&demand.signers, Purpose::Approval, moment)
        .map_err(|why| refusal::not_allowed(&key.fingerprint(), (Purpose::Approval, why), demand.source))?;
    let author = signed.and_then(|author| demand.signers.allow(&author, Purpose::Plan, moment).ok());
    match author {
        Some(author) if author.may_be(&signer) => Err(refusal::own("This key", &signer.text())),
        Some(_) | None => Ok(Some(signer)),
    }
}

fn one(bytes: &[u8], seals: &Seals, demand: &Demand, moment: &Moment) -> Result<Signatories, Diagnostic> {
    let mut author = None;
    let mut approvers: Vec<Signer> = Vec::new();
    let mut refusals = Vec::new();
    for signatory in roster(bytes, seals, &demand.signers, moment) {
        match (signatory.purpose, counted(signatory, demand.source)) {
            (Purpose::Plan, signer) => author = signer?,
            (Purpose::Approval, Ok(signer)) => approvers.extend(signer),
            (Purpose::Approval, Err(refusal)) => refusals.push(refusal),
        }
    }
    let author = author.ok_or_else(|| refusal::unsigned(demand.source))?;
    let wanted = demand.approvals as usize;
    if approvers.len() < wanted {
        // An approval that was meant to count, and does not, is the better answer.
        return Err(refusals
            .into_iter()
            .next()
            .unwrap_or_else(|| refusal::approvals_missing(demand.source, (approvers.len(), wanted))));
    }
    approvers.truncate(wanted);
    Ok(Signatories { author: Some(author), approvers })
}

/// By whom a signature is that counts; none for another one by somebody who is counted already.
fn counted(signatory: Signatory, source: Source) -> Result<Option<Signer>, Diagnostic> {
    let Signatory { purpose, file, worth } = signatory;
    let what = || match purpose {
        Purpose::Plan => "The signature".to_owned(),
        Purpose::Approval => format!("The approval {file}"),
    };
    let not_allowed = |fingerprint: &str, why| refusal::not_allowed(fingerprint, (purpose, why), source);
    match worth {
        Worth::Counts(signer) => Ok(Some(signer)),
        Worth::Repeated(_) => Ok(None),
        Worth::OwnApproval(signer) => Err(refusal::own(&what(), &signer.text())),
        // A list of nobody allows nobody.
        Worth::Unjudged { fingerprint } => Err(not_allowed(&fingerprint, NotAllowed::Unknown)),
        Worth::NotAllowed { fingerprint, why } => Err(not_allowed(&fingerprint, why)),
        Worth::Unfit(error) => Err(refusal::unfit(&what(), &error)),
    }
}
