//! Configuration for a server as it is: an observation in, HCL out.
//!
//! The text declares every manageable role with all that it holds, and `import` blocks take the
//! roles over. Not here: observing (`ops::generate`), whether a role may be managed
//! (`resolve::reserved`). Invariant: planning the text against the same server changes nothing
//! there; a role of which the language cannot say all is left out, and a comment says so.
//!
//! ```text
//! catalog -> facts (what each role holds) -> implied (what need not be written)
//!   -> blocks (like grants together) -> role -> alike (for_each) -> text
//! ```

mod alike;
mod blocks;
mod body;
mod facts;
mod implied;
mod label;
mod role;
mod schemas;
mod short;
pub mod survey;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use unicode_normalization::is_nfc;

use crate::generate::facts::Facts;
use crate::generate::survey::Survey;
use crate::name::{ResourceName, RoleName};
use crate::observed::Observed;

/// What a configuration is made from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The server's label.
    pub resource: &'a ResourceName,
    /// Which of its roles are declared, and which are not.
    pub survey: &'a Survey,
    /// The server, observed with the scope of the survey.
    pub observed: &'a Observed,
}

/// A configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// Its text.
    pub text: String,
    /// How many roles it declares.
    pub roles: usize,
}

/// Writes the configuration.
pub fn generate(source: Source<'_>) -> Generated {
    let facts = Facts::of(source.observed);
    let objects = blocks::Objects::of(source.observed);
    let (mut roles, mut unsaid) = (BTreeMap::new(), BTreeSet::new());
    for name in &source.survey.scope.managed {
        if let Some(role) = source.observed.catalog.roles.get(name) {
            let held = facts.of_role(name);
            let settled = implied::settle(source.observed, name, held);
            let blocks = blocks::blocks(source.observed, &objects, name, &settled);
            let body = role::body(source, (name, role), settled.implied, blocks);
            if body.can_be_said() && is_nfc(name.as_str()) {
                roles.insert(name.clone(), body);
            } else {
                unsaid.insert(name);
            }
        }
    }
    Generated { text: text::file(source, alike::declarations(&roles), &unsaid), roles: roles.len() }
}

/// The roles of a configuration, by name.
type Bodies = BTreeMap<RoleName, body::Body>;
