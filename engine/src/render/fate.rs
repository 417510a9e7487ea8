//! What becomes of a block, as its heading says it: Terraform's words.
//!
//! Not here: which blocks there are (`blocks`). Invariant: the same action has the same words,
//! whatever the block is about.

use crate::change::{Action, Reason};
use crate::render::Label;
use crate::render::blocks::View;

/// The words of a heading.
pub(crate) struct Fate {
    /// How they stand out.
    pub(crate) label: Label,
    /// The words.
    pub(crate) words: &'static str,
}

impl Fate {
    /// The words for an action.
    pub(crate) fn of((action, reason): (Action, Reason), view: View) -> Fate {
        let plain = |words| Fate { label: Label::Heading, words };
        let destroyed = |words| Fate { label: Label::Destroy, words };
        match (view, view.action(action)) {
            (View::Plan, Action::Create) => plain("will be created"),
            (View::Plan, Action::Update | Action::NoOp) => plain("will be updated in-place"),
            (View::Plan, Action::Delete) => destroyed("will be destroyed"),
            (View::Plan, Action::Adopt) if reason == Reason::AlreadySo => plain("will be imported"),
            (View::Plan, Action::Adopt) => plain("will be recorded anew, and stays as it is"),
            (View::Plan, Action::Forget) if reason == Reason::AlreadyGone => plain("will be forgotten"),
            (View::Plan, Action::Forget) => {
                plain("will no longer be managed by roleform, but will not be destroyed")
            }
            (View::Drift, Action::Create) => plain("has been created"),
            (View::Drift, Action::Delete) => destroyed("has been deleted"),
            (View::Drift, Action::Update | Action::NoOp | Action::Adopt | Action::Forget) => {
                plain("has changed")
            }
        }
    }
}
