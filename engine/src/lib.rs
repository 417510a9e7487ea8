//! Catalogs, diff, plan and state of roleform.

pub mod code;
pub mod config;
pub mod diagnostic;
