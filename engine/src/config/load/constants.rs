//! The scope of constants: nothing has a name, functions work.
//!
//! For defaults, values in files, and what must be known before anything else.

use crate::code::Code;
use crate::config::evaluate::Scope;
use crate::config::surroundings::Surroundings;
use crate::config::value::Value;
use crate::diagnostic::Diagnostic;

/// A scope without names.
pub(crate) struct Constants<'a> {
    /// Files, environment and time.
    pub(crate) surroundings: &'a Surroundings<'a>,
}

impl Scope for Constants<'_> {
    fn lookup(&self, root: &str, _: Option<&str>) -> Result<Value, Option<Box<Diagnostic>>> {
        let detail = format!("\"{root}\" cannot be used here: only constants are possible at this place.");
        Err(Some(Box::new(Diagnostic::error(Code::CFG008, "Variables not allowed", detail))))
    }

    fn surroundings(&self) -> &Surroundings<'_> {
        self.surroundings
    }
}
