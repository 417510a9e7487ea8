//! `roleform fmt`.
use crate::args::Fmt;
use crate::error::CommandResult;
use crate::terminal::Terminal;
pub(crate) fn run(_: &Fmt, _: &Terminal) -> CommandResult {
    todo!()
}
