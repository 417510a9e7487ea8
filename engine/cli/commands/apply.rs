//! `roleform apply FILE`: carries out a saved plan.
use engine::code::Code;
use engine::diagnostic::Diagnostic;

use crate::args::Apply;
use crate::error::CommandResult;
use crate::terminal::Terminal;

pub(crate) fn run(args: &Apply, _terminal: &Terminal) -> CommandResult {
    let Some(_file) = &args.file else {
        let detail = "Apply carries out a saved plan that somebody has read, and nothing else.";
        let error = Diagnostic::error(Code::APL001, "Apply needs a plan file", detail);
        return Err(error
            .hint("run `roleform plan -out plan.bin`, read it, then `roleform apply plan.bin`")
            .into());
    };
    todo!()
}
