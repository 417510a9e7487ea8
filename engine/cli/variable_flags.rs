//! `-var 'name=value'` and `-var-file=FILE`, in the order in which they were typed.
//!
//! Later ones win, also across the two flags, and clap's derive forgets that order. Not
//! here: reading the files (`project`). Invariant: the order is that of the command line.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};

/// One of the flags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum VariableFlag {
    /// `-var 'name=value'`.
    Value {
        /// Before the first `=`.
        name: String,
        /// After it.
        text: String,
    },
    /// `-var-file=FILE`.
    File(PathBuf),
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct VariableFlags(pub(crate) Vec<VariableFlag>);

fn assignment(text: &str) -> Result<VariableFlag, String> {
    match text.split_once('=') {
        Some((name, text)) if !name.is_empty() => {
            Ok(VariableFlag::Value { name: name.to_owned(), text: text.to_owned() })
        }
        _ => Err("a variable is given as name=value".to_owned()),
    }
}

impl Args for VariableFlags {
    fn augment_args(command: Command) -> Command {
        command
            .arg(
                Arg::new("var")
                    .long("var")
                    .value_name("NAME=VALUE")
                    .action(ArgAction::Append)
                    .value_parser(assignment)
                    .help("Set a value for one of the input variables. Use this option more than once to set more"),
            )
            .arg(
                Arg::new("var-file")
                    .long("var-file")
                    .value_name("FILE")
                    .action(ArgAction::Append)
                    .value_parser(value_parser!(PathBuf))
                    .help("Load variable values from the given file, in addition to roleform.tfvars and *.auto.tfvars"),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        VariableFlags::augment_args(command)
    }
}

impl FromArgMatches for VariableFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<VariableFlags, clap::Error> {
        let indices = |id| matches.indices_of(id).into_iter().flatten();
        let values = matches.get_many::<VariableFlag>("var").into_iter().flatten().cloned();
        let files = matches.get_many::<PathBuf>("var-file").into_iter().flatten().cloned();
        let mut flags: Vec<(usize, VariableFlag)> = indices("var").zip(values).collect();
        flags.extend(indices("var-file").zip(files.map(VariableFlag::File)));
        flags.sort_by_key(|(index, _)| *index);
        Ok(VariableFlags(flags.into_iter().map(|(_, flag)| flag).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = VariableFlags::from_arg_matches(matches)?;
        Ok(())
    }
}
