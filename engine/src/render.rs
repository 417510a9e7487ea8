//! Rendering: plans as people, pull requests and programs read them.
//!
//! Labelled text, streamed piece by piece into an `Out`; the terminal side colours it by
//! label. Not here: ANSI, the terminal's width, what changes (`change`), what that means in
//! effect (`access`). Invariants: no text grows with the number of objects unless `-full`
//! asks for it; nothing from a catalog reaches an `Out` with a control character in it;
//! everything can be understood without colour.
//!
//! | sign | label | meaning |
//! |---|---|---|
//! | `+` | Add | made on the server: a role, a membership, a grant; an element of a set |
//! | `~` | Change | changed on the server, in place |
//! | `-` | Destroy | taken off the server; an element of a set |
//! | `=` | Adopt | as declared already: written into the state only (a role: `to import`) |
//! | `.` | Forget | taken out of the state only; the server keeps it, or lost it before |
//! | `!` | Hazard | the line above can hurt, and how |
//! | `#` | Heading | one role or schema, what happens to it, and why in parentheses |
//! | `…` | Dim | something is left out, and how to see it |
//!
//! Usual colours: Add green, Change yellow, Destroy red, Adopt and Code cyan, Forget and
//! Dim and Comment dim, Hazard bold red, Heading bold; Plain, Reason and Sql as they are.
//!
//! Inside the brackets of a set (`["SELECT", + "INSERT", - "DELETE"]`) what has no sign
//! stays. The note on drift reads from what was recorded to what is there: its `+` is what
//! someone else granted. A number of addresses counts grants × objects.

pub(crate) mod access;
pub(crate) mod attributes;
pub(crate) mod blocks;
pub(crate) mod extent;
pub(crate) mod fate;
pub(crate) mod fence;
pub(crate) mod grants;
pub mod graph;
pub(crate) mod hazard;
pub mod json;
pub mod json_audit;
pub mod json_graph;
pub(crate) mod json_own;
pub(crate) mod json_policy;
pub(crate) mod json_values;
pub mod markdown;
pub(crate) mod memberships;
pub(crate) mod page;
pub mod plan;
pub(crate) mod policy;
pub(crate) mod role;
pub(crate) mod schema;
pub mod sql;
pub mod text;

#[cfg(test)]
mod tests;

use std::io;

use crate::signature::roster::Signatory;

/// What a piece of text is, for whoever colours it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Label {
    /// Ordinary text.
    Plain,
    /// A title, the line above a block, a summary.
    Heading,
    /// The sign of what is made.
    Add,
    /// The sign of what is changed.
    Change,
    /// The sign of what is taken away, and words that say so.
    Destroy,
    /// The sign of what is recorded as it is.
    Adopt,
    /// The sign of what is forgotten.
    Forget,
    /// Why, in parentheses.
    Reason,
    /// What can hurt.
    Hazard,
    /// What one may skip: places, counts, what is left out.
    Dim,
    /// A statement.
    Sql,
    /// A comment among statements.
    Comment,
    /// A command to type, an identifier to copy.
    Code,
}

/// Where labelled text goes, in pieces that never wait for each other.
pub trait Out {
    /// Takes a piece of text; lines end with `\n`.
    fn write(&mut self, label: Label, text: &str) -> io::Result<()>;
}

/// How a plan is shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `-full`: every address, one a line; no role stands for others.
    pub full: bool,
    /// `-sql`: the statements too.
    pub sql: bool,
    /// The plan id, as printed.
    pub id: Option<String>,
    /// The file that holds the plan; `None`: it was not saved.
    pub file: Option<String>,
    /// Who signed and approved the file.
    pub signatories: Vec<Signatory>,
}
