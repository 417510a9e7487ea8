//! Evaluated blocks to typed declarations.
//!
//! One file per kind of block. Not here: the order in which blocks are evaluated
//! (`load`). Invariant: what leaves here is proven: names, privileges per kind of
//! object, scopes; whatever is wrong is reported at its place.

mod address;
mod condition;
pub(crate) mod depends;
mod duration;
mod fate;
mod grant;
mod membership;
pub(crate) mod moves;
pub(crate) mod other;
mod own;
pub(crate) mod policy;
mod privilege;
pub(crate) mod reading;
pub(crate) mod role;
pub(crate) mod schema;
mod scope;
mod secret;
pub(crate) mod server;
pub(crate) mod settings;

use crate::code::Code;
use crate::config::value::{Data, Reference, Value};
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

/// A role, by reference or by its PostgreSQL name. `what` begins the sentence that says that it
/// is neither.
fn role_value(reading: &mut Reading<'_>, read: &Read<Value>, what: &str) -> Option<RoleName> {
    let name = match &read.value.data {
        Data::String(text) => Some(text.to_string()),
        Data::Reference(reference) => match reference.as_ref() {
            Reference::Role { name, .. } => Some(name.to_string()),
            Reference::Server { .. } => None,
        },
        _ => None,
    };
    if let Some(name) = name {
        return role_name(reading, &name, &read.span);
    }
    let detail = format!("{what} is a role: role.label, or the name of a role in PostgreSQL.");
    reading.error(Code::CFG021, "Not a role", detail, &read.span);
    None
}
