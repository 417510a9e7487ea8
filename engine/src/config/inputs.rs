//! Values for variables from outside: environment, files, command line.
//!
//! Precedence is Terraform's: environment, then `terraform.tfvars` and
//! `*.auto.tfvars` in lexical order, then `-var` and `-var-file` in the order given.
//! Not here: types and defaults (`load::variable`). Invariant: the later wins.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::diagnostic::SourceFile;

/// Values for variables, by where they come from.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// `ROLEFORM_VAR_name`, the prefix removed.
    pub environment: BTreeMap<String, String>,
    /// `terraform.tfvars`, then `*.auto.tfvars` in lexical order; those in JSON end in `.json`.
    pub files: Vec<Arc<SourceFile>>,
    /// `-var` and `-var-file`, in the order given.
    pub arguments: Vec<InputArgument>,
    /// What a variable without any value is.
    pub missing: MissingValues,
}

/// One `-var` or `-var-file`.
#[derive(Clone, Debug)]
pub enum InputArgument {
    /// `-var name=text`.
    Value {
        /// The name of the variable.
        name: String,
        /// The text: the string itself when the variable's type is a string, a number
        /// or a bool, else an expression.
        text: String,
    },
    /// `-var-file`.
    File(Arc<SourceFile>),
}

/// What to do about a variable without a default that has no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MissingValues {
    /// An error: what is planned must be known.
    #[default]
    Error,
    /// Its value is not known: only what does not depend on it is checked (`validate`).
    Unknown,
}
