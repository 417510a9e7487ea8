//! Evaluated blocks to typed declarations.
//!
//! One file per kind of block. Not here: the order in which blocks are evaluated
//! (`load`). Invariant: what leaves here is proven: names, privileges per kind of
//! object, scopes; whatever is wrong is reported at its place.

mod duration;
mod fate;
mod grant;
mod membership;
pub(crate) mod other;
mod privilege;
pub(crate) mod reading;
pub(crate) mod role;
mod scope;
mod secret;
pub(crate) mod server;
pub(crate) mod settings;

use crate::code::Code;
use crate::diagnostic::Span;
use crate::name::{NameError, RoleName};

use reading::{Read, Reading};

/// Proves a text to be a name of one of PostgreSQL's kinds.
fn proven<T>(
    reading: &mut Reading<'_>,
    what: &str,
    text: &Read<String>,
    prove: fn(&str) -> Result<T, NameError>,
) -> Option<T> {
    match prove(&text.value) {
        Ok(name) => Some(name),
        Err(problem) => {
            let detail = format!("{:?} is no name of a {what}: {problem}.", text.value);
            reading.error(Code::CFG050, "Invalid name", detail, &text.span);
            None
        }
    }
}

/// A role named by its PostgreSQL name.
fn role_name(reading: &mut Reading<'_>, text: &str, span: &Span) -> Option<RoleName> {
    let text = Read { value: text.to_owned(), span: span.clone() };
    proven(reading, "role", &text, RoleName::new)
}
