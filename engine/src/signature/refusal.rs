//! Why a signature does not count, in words.
//!
//! Invariant: each reason has a code of its own, and every one of them is a refusal (exit 3).

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::name::printable;
use crate::signature::Purpose;
use crate::signature::demand::Source;
use crate::signature::seal::SealError;
use crate::signature::signers::NotAllowed;

fn refused(code: Code, detail: String) -> Diagnostic {
    Diagnostic::error(code, code.title(), format!("{detail} Nothing was done."))
}

/// Who demands it, as the subject of a sentence.
fn who(source: Source) -> &'static str {
    match source {
        Source::Plan => "The configuration that the plan was made from",
        Source::Configuration => "The configuration",
        Source::CommandLine => "The command line",
    }
}

/// There is no signature.
pub(super) fn unsigned(source: Source) -> Diagnostic {
    let detail =
        format!("{} demands the author's signature, and there is none beside the plan.", who(source));
    refused(Code::SAV014, detail).hint(
        "its author signs with `roleform plan -sign KEYFILE`, or `ssh-keygen -Y sign -n roleform-plan -f KEYFILE plan.bin`",
    )
}

/// It is not a signature of this file.
pub(super) fn unfit(what: &str, error: &SealError) -> Diagnostic {
    let error = match error {
        SealError::Namespace(name) => {
            format!("it was made for the namespace \"{}\", which is not what it is used for", printable(name))
        }
        other => other.to_string(),
    };
    refused(Code::SAV015, format!("{} does not count: {error}.", printable(what)))
        .hint("sign or approve the plan as it is, after reading it")
}

/// The key may not sign.
pub(super) fn not_allowed(
    fingerprint: &str,
    (purpose, why): (Purpose, NotAllowed),
    source: Source,
) -> Diagnostic {
    let list = match source {
        Source::Plan => "the allowed signers of the configuration that the plan was made from",
        Source::Configuration => "the configuration's allowed signers",
        Source::CommandLine => "the allowed signers of the command line",
    };
    let what = purpose.words();
    let (code, said) = match why {
        NotAllowed::Unknown => (Code::SAV016, format!("which is not among {list}")),
        NotAllowed::Namespace => {
            let namespace = purpose.namespace();
            (Code::SAV016, format!("which {list} do not allow for \"{namespace}\""))
        }
        NotAllowed::NotYet => (Code::SAV017, format!("which is not valid yet, say {list}")),
        NotAllowed::Expired => (Code::SAV017, format!("which is not valid any more, say {list}")),
    };
    refused(code, format!("The {what} is by the key {fingerprint}, {said}."))
}

/// The author's own.
pub(super) fn own(what: &str, signer: &str) -> Diagnostic {
    let detail = format!("{} is of {signer}, who signed the plan as its author.", printable(what));
    refused(Code::SAV019, detail).hint("somebody else must read and approve it")
}

/// There are not enough.
pub(super) fn approvals_missing(source: Source, (found, wanted): (usize, usize)) -> Diagnostic {
    let approvals = if wanted == 1 { "1 approval" } else { &format!("{wanted} approvals") };
    let detail =
        format!("{} demands {approvals} by others than the author, and there are {found}.", who(source));
    refused(Code::SAV018, detail)
        .hint("somebody else reads it and runs `roleform approve -sign KEYFILE plan.bin`")
}
