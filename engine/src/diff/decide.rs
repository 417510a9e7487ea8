//! Decides what to do about one address.
//!
//! The policy of design 4 as one `match`. Pure: no ordering, no SQL, no scope (what is
//! out of scope is never asked about). Invariant: no wildcard arm and no filter after it.

use crate::change::{Action, Reason};

/// What to do about one address, given its value in each picture. All three are about an
/// address in scope; for an ACL entry that means that its grantee is managed.
pub fn decide<T: PartialEq>(
    desired: Option<&T>,
    recorded: Option<&T>,
    observed: Option<&T>,
) -> (Action, Reason) {
    match (desired, recorded, observed) {
        (Some(desired), Some(recorded), Some(observed)) => match (observed == desired, recorded == desired) {
            (true, true) => (Action::NoOp, Reason::Unchanged),
            (true, false) => (Action::Adopt, Reason::AlreadySo),
            (false, true) => (Action::Update, Reason::ChangedOutside),
            (false, false) => (Action::Update, Reason::ChangedInConfiguration),
        },
        (Some(desired), None, Some(observed)) => {
            if observed == desired {
                (Action::Adopt, Reason::AlreadySo)
            } else {
                (Action::Update, Reason::ChangedInConfiguration)
            }
        }
        (Some(_), Some(_), None) => (Action::Create, Reason::DeletedOutside),
        (Some(_), None, None) => (Action::Create, Reason::New),
        (None, Some(_), Some(_)) => (Action::Delete, Reason::RemovedFromConfiguration),
        (None, Some(_), None) => (Action::Forget, Reason::AlreadyGone),
        (None, None, Some(_)) => (Action::Delete, Reason::NotDeclared),
        (None, None, None) => (Action::NoOp, Reason::NotOurs),
    }
}

#[cfg(test)]
mod tests {
    use super::decide;
    use crate::change::{Action, Reason};

    #[test]
    fn the_policy_table_of_design_4() {
        let (a, b) = (Some(&1), Some(&2));
        let table = [
            (a, a, a, Action::NoOp, Reason::Unchanged),
            (a, None, a, Action::Adopt, Reason::AlreadySo),
            (a, b, a, Action::Adopt, Reason::AlreadySo),
            (a, a, b, Action::Update, Reason::ChangedOutside),
            (a, b, b, Action::Update, Reason::ChangedInConfiguration),
            (a, None, b, Action::Update, Reason::ChangedInConfiguration),
            (a, a, None, Action::Create, Reason::DeletedOutside),
            (a, None, None, Action::Create, Reason::New),
            (None, a, a, Action::Delete, Reason::RemovedFromConfiguration),
            (None, a, None, Action::Forget, Reason::AlreadyGone),
            (None, None, a, Action::Delete, Reason::NotDeclared),
            (None, None, None, Action::NoOp, Reason::NotOurs),
        ];
        for (desired, recorded, observed, action, reason) in table {
            assert_eq!(
                decide(desired, recorded, observed),
                (action, reason),
                "{desired:?} {recorded:?} {observed:?}"
            );
        }
    }
}
