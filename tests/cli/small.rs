//! Small commands and what all commands share: version, completion, dashes, colours, pipes.
//!
//! Invariant: as in `tests/cli`.

use std::io::ErrorKind;
use std::process::{Command, Stdio};

use expect_test::expect;

use super::{check, project, run};

#[test]
fn version() {
    let project = project();
    let output = run(&project, "version").expect_code(0);
    let first = format!("roleform v{}\n", env!("CARGO_PKG_VERSION"));
    let platform = output.stdout.strip_prefix(&first).expect("the version comes first");
    assert!(platform.starts_with("on ") && platform.contains('_'), "{platform}");
    for line in ["-version", "--version", "-v"] {
        assert_eq!(run(&project, line).expect_code(0).stdout, output.stdout, "{line}");
    }
    let json = run(&project, "version -json").expect_code(0).stdout;
    assert!(json.contains(&format!("\"roleform_version\": \"{}\"", env!("CARGO_PKG_VERSION"))), "{json}");
}

/// What a shell offers after a word, when the shell is on this machine.
fn offered(shell: &str, command: &str) -> Option<Vec<String>> {
    let project = project();
    project.write("script", run(&project, &format!("completion {shell}")).expect_code(0).stdout);
    let mut asking = Command::new(shell);
    asking.arg("-c").arg(command).current_dir(project.path("")).stdin(Stdio::null());
    let output = match asking.output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => panic!("{shell}: {error}"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{shell}: {said}");
    let words = String::from_utf8_lossy(&output.stdout);
    Some(words.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

#[test]
fn shells_complete_commands_and_flags() {
    let bash = |word: &str, before: &str| {
        let ask = format!("COMP_WORDS=({before} {word}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); ");
        format!("source ./script; {ask} _roleform roleform {word} x; printf '%s\\n' \"${{COMPREPLY[@]}}\"")
    };
    let fish = |word: &str, before: &str| format!("source ./script; complete -C '{before} {word}'");
    for (word, before, expected) in [
        ("exp", "roleform", "explain"),
        ("-det", "roleform plan", "-detailed-exitcode"),
        ("-reads", "roleform credentials show", ""),
        ("sh", "roleform session", "show"),
    ] {
        for (shell, command) in [("bash", bash(word, before)), ("fish", fish(word, before))] {
            let Some(words) = offered(shell, &command) else { continue };
            assert_eq!(words.first().map_or("", String::as_str), expected, "{shell}: {before} {word}");
        }
    }
    let loaded =
        offered("zsh", "autoload -U compinit; compinit -u -D; source ./script; print $+functions[_roleform]");
    assert!(loaded.is_none_or(|words| words == ["1"]), "zsh takes the script");
    for shell in ["zsh", "elvish", "powershell"] {
        let script = run(&project(), &format!("completion {shell}")).expect_code(0).stdout;
        assert!(script.contains("-detailed-exitcode"), "{shell}");
    }
}

#[test]
fn one_dash_or_two() {
    let project = project();
    let expected = run(&project, "version -json").expect_code(0).stdout;
    for line in
        ["version --json", "-no-color version -json", "-chdir=. version -json", "--chdir . version --json"]
    {
        assert_eq!(run(&project, line).expect_code(0).stdout, expected, "{line}");
    }
}

#[test]
fn colour_only_when_asked_for_off_a_terminal() {
    let mut project = project();
    check(
        "zzz",
        &expect![[r#"
            exit code: 1
            ----- stdout: empty
            ----- stderr
            error[CLI001]: Command line is not understood
              There is no command "zzz".
              hint: `roleform -help` tells what it takes
        "#]],
    );
    project.set("CLICOLOR_FORCE", "1");
    let coloured = run(&project, "zzz").expect_code(1).stderr;
    assert!(coloured.starts_with("\u{1b}[31m"), "{coloured:?}");
    let plain = run(&project, "-no-color zzz").expect_code(1).stderr;
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
    project.set("NO_COLOR", "1");
    let plain = run(&project, "zzz").expect_code(1).stderr;
    assert!(!plain.contains('\u{1b}'), "{plain:?}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let project = project();
    let mut command = project.command(["explain"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("roleform starts");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("roleform ends");
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let project = project();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has /dev/full");
    let mut command = project.command(["explain"]);
    command.stdout(Stdio::from(full));
    let output = project.finish(command);
    expect![[r#"
        error[CLI003]: Output cannot be written
          Standard output took only part of the data: no space left on device.
    "#]]
    .assert_eq(&output.stderr);
    assert_eq!(output.code, Some(1));
}
