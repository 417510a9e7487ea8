//! Terraform's single-dash long flags: `-out plan.bin`, `-out=plan.bin`, `--out plan.bin`.
//!
//! clap knows only the second dash, so arguments gain it on the way in and help texts lose
//! it on the way out. Not here: which flags exist (`args`). Invariant: `--`, what follows
//! it, values, numbers and one-letter flags are left as they were typed.

use std::ffi::OsString;

/// Arguments as clap wants them. The first is the program's name.
pub(crate) fn normalise(arguments: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut only_values = false;
    arguments
        .into_iter()
        .enumerate()
        .map(|(position, argument)| {
            only_values |= argument == "--";
            if position == 0 || only_values || !is_long_flag(&argument) {
                return argument;
            }
            let mut doubled = OsString::from("-");
            doubled.push(argument);
            doubled
        })
        .collect()
}

fn is_long_flag(argument: &OsString) -> bool {
    match argument.as_encoded_bytes() {
        [b'-', first, second, ..] => first.is_ascii_alphabetic() && *second != b'=',
        _ => false,
    }
}

/// A text by clap with its flags written as Terraform writes them.
pub(crate) fn single_dashed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("--") {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let opens = before.chars().next_back().is_none_or(|last| !last.is_alphanumeric() && last != '-');
        let named = from[2..].starts_with(|next: char| next.is_ascii_alphabetic());
        out.push_str(if opens && named { "-" } else { "--" });
        rest = &from[2..];
    }
    out.push_str(rest);
    out
}

/// A help text by clap with its flags written as Terraform writes them, its columns kept:
/// a dash that goes comes back as a blank before the next column.
pub(crate) fn help(text: &str) -> String {
    let line = |line: &str| {
        let start = line.len() - line.trim_start().len();
        let gap = line[start..].find("  ").map(|at| start + at);
        let Some(gap) = gap.filter(|_| line[start..].starts_with('-')) else {
            return single_dashed(line);
        };
        let flags = single_dashed(&line[..gap]);
        let lost = " ".repeat(gap - flags.len());
        format!("{flags}{lost}{}", single_dashed(&line[gap..]))
    };
    text.lines().map(|text| line(text) + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, given: &str) {
        let arguments = typed.split(' ').map(OsString::from);
        let texts: Vec<String> =
            normalise(arguments).iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
        assert_eq!(texts.join(" "), given);
    }

    #[test]
    fn long_flags_gain_a_dash() {
        check("roleform plan -out plan.bin", "roleform plan --out plan.bin");
        check("roleform plan -out=plan.bin", "roleform plan --out=plan.bin");
        check("roleform plan --out plan.bin", "roleform plan --out plan.bin");
        check("roleform -chdir=a-b plan -var x=-1", "roleform --chdir=a-b plan --var x=-1");
        check("roleform plan -rotate-password", "roleform plan --rotate-password");
    }

    #[test]
    fn everything_else_stays() {
        check("roleform fmt -", "roleform fmt -");
        check("roleform -h", "roleform -h");
        check("-odd -5 -5s", "-odd -5 -5s");
        check("roleform fmt -- -file.hcl", "roleform fmt -- -file.hcl");
        check("roleform x -a=1", "roleform x -a=1");
    }

    #[test]
    fn texts_lose_it() {
        assert_eq!(
            single_dashed("[--out <FILE>] --var-file a--b ---x -- y"),
            "[-out <FILE>] -var-file a--b ---x -- y"
        );
        assert_eq!(single_dashed("'--json' or --"), "'-json' or --");
        assert_eq!(
            help("  -h, --help  Print --x\n      --out  a"),
            "  -h, -help   Print -x\n      -out   a\n"
        );
    }
}
