//! The rules of the house that no compiler checks, and proof that each check bites.
//!
//! One small function per rule: files in, findings out, each with the place and the
//! reason. What the compiler or clippy can hold (docs, unsafe, prints) is not here.
//! Invariant: a rule without an example that breaks it fails `every_rule_bites`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use test_support::repository::Repository;
use test_support::rust_source::RustSource;

/// Where a rule is broken, and why that matters: `path:line: sentence`.
type Findings = Vec<String>;

/// A rule, and the path and text of a file that breaks it.
type Rule = (fn(&Repository) -> Findings, &'static str, &'static str);

/// Every rule. Words that a rule looks for are cut in two here, for this file is tidy too.
const RULES: [Rule; 15] = [
    (header, "engine/src/lib.rs", "use b;\n//! Late.\n"),
    (length, "engine/src/lib.rs", "//! 401 lines: see `every_rule_bites`.\n"),
    (finished, "engine/cli/main.rs", concat!("//! A.\nfn f() { to", "do!() }\n")),
    (not_ignored, "tests/tidy.rs", concat!("//! A.\n#[test]\n#[ig", "nore]\nfn f() {}\n")),
    (ordered, "engine/src/lib.rs", "//! A.\nuse std::collections::HashMap;\n"),
    (without_io, "engine/src/lib.rs", "//! A.\nuse std::{\n    fmt,\n    fs::{self, File},\n};\n"),
    (without_clock, "engine/src/lib.rs", "//! A.\nfn f() { jiff::Timestamp::now(); }\n"),
    (one_store, "engine/src/lib.rs", "//! A.\nfn f() { sled::open(p); }\n"),
    (serde_in_formats, "engine/src/lib.rs", "//! A.\n#[derive(serde::Serialize)]\nstruct A;\n"),
    (sql_in_its_place, "engine/cli/main.rs", "//! A.\nconst A: &str = \"\n  GRANT {} ON {}\";\n"),
    (dependencies, "engine/Cargo.toml", "[dependencies]\ntokio-postgres.workspace = true\n"),
    (modules_declared, "tests/cli/forgotten.rs", "//! A.\n"),
    (targets_declared, "tests/forgotten/main.rs", "//! A.\n"),
    (top_level, "scripts/a.sh", "echo\n"),
    (no_registries, "README.md", concat!("See https://npm", "js.com/a.\n")),
];

#[test]
fn the_repository_is_tidy() {
    let repository = Repository::load(Path::new(env!("CARGO_MANIFEST_DIR")));
    assert!(repository.rust.len() > 20, "found only {} Rust files", repository.rust.len());
    let findings: Findings = RULES.iter().flat_map(|(rule, ..)| rule(&repository)).collect();
    assert!(findings.is_empty(), "\n{}\n{} findings", findings.join("\n"), findings.len());
}

#[test]
fn every_rule_bites() {
    for (number, (rule, path, text)) in RULES.iter().enumerate() {
        let text = if number == 1 { &"//! A.\n".repeat(LONGEST + 1) } else { *text };
        let findings = rule(&Repository::of(&[("Cargo.toml", ""), (path, text)]));
        assert_eq!(findings.len(), 1, "rule {number} on {path}:\n{text}\n{findings:?}");
        assert!(findings[0].starts_with(path) || path.starts_with("scripts"), "{findings:?}");
    }
}

#[test]
fn rules_leave_good_files_alone() {
    let manifest = "[[bin]]\npath = \"engine/cli/main.rs\"\n[[test]]\npath = \"tests/cli/main.rs\"\n\
                    [dev-dependencies]\nhcl-rs.workspace = true\n";
    let good = [
        ("Cargo.toml", manifest),
        ("Cargo.lock", concat!("source = \"registry+https://github.com/rust-lang/crat", "es.io-index\"\n")),
        (".ci/run", "cargo test\n"),
        ("engine/Cargo.toml", "[dependencies]\nsled.workspace = true\n"),
        ("engine/src/lib.rs", "//! A HashMap, std::fs and SELECT 1.\nmod name;\npub mod plan;\nmod state;\n"),
        ("engine/src/name.rs", "//! A.\nfn f() -> &'static str { \"SELECT on 3 tables\", \"DROP ROLE\" }\n"),
        ("engine/src/plan.rs", "//! A.\nmod format_v1;\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}\n"),
        ("engine/src/plan/format_v1.rs", "//! A.\nuse serde::Serialize;\n"),
        ("engine/src/state.rs", "//! A.\nmod store;\n"),
        ("engine/src/state/store.rs", "//! A.\nuse std::fs;\nuse sled::Db;\n"),
        ("engine/cli/main.rs", "//! A.\nfn f() { g(\"CREATE\", \"see SELECT 1\", std::env::args()) }\n"),
        ("providers/postgres/Cargo.toml", "[package]\n"),
        ("providers/postgres/src/lib.rs", "//! A.\nmod sql;\n"),
        ("providers/postgres/src/sql/mod.rs", "//! A.\nconst DROP: &str = \"DROP ROLE {}\";\n"),
        ("tests/cli/main.rs", "//! A.\nmod plan;\n"),
        ("tests/cli/plan.rs", "//! A.\nfn f() { sql(\"GRANT SELECT ON t TO r\") }\n"),
    ];
    let repository = Repository::of(&good);
    let findings: Findings = RULES.iter().flat_map(|(rule, ..)| rule(&repository)).collect();
    assert_eq!(findings, Findings::new());
}

/// Most lines of a Rust file: what a reader takes in at once.
const LONGEST: usize = 400;

fn header(repository: &Repository) -> Findings {
    let bare = repository.rust.iter().filter(|source| !source.text.starts_with("//! "));
    bare.map(|source| format!("{}:1: a file starts with `//! `, what it is and what it is not", source.path))
        .collect()
}

fn length(repository: &Repository) -> Findings {
    let lines = repository.rust.iter().map(|source| (&source.path, source.text.lines().count()));
    lines
        .filter(|(_, lines)| *lines > LONGEST)
        .map(|(path, lines)| {
            format!("{path}:{LONGEST}: {lines} lines; a file is a page of {LONGEST} at most")
        })
        .collect()
}

fn finished(repository: &Repository) -> Findings {
    let words =
        [concat!("to", "do!"), concat!("unimpl", "emented!"), concat!("FIX", "ME"), concat!("TO", "DO")];
    let files = repository.files.iter().filter(|(path, _)| path.ends_with(".rs") || path.ends_with(".sql"));
    let lines =
        files.flat_map(|(path, text)| (1..).zip(text.lines()).map(move |(line, text)| (path, line, text)));
    lines
        .filter_map(|(path, line, text)| {
            let word = words.iter().find(|word| text.contains(**word))?;
            Some(format!("{path}:{line}: {word}; finish it, or say plainly what is missing"))
        })
        .collect()
}

fn not_ignored(repository: &Repository) -> Findings {
    code_with(repository.rust.iter(), &["#[ignore"], "a test that never runs proves nothing")
}

fn ordered(repository: &Repository) -> Findings {
    let why = "output is a function of content: BTreeMap and BTreeSet in the engine";
    let names = ["HashMap", "HashSet"];
    repository.below("engine/src/").flat_map(|source| shipped_with(source, &names, why)).collect()
}

fn without_io(repository: &Repository) -> Findings {
    let why = "the engine has no IO but state/store.rs: take values as arguments";
    let modules = ["fs", "env", "process", "net"];
    let sources = repository.below("engine/src/").filter(|source| !is_store(source));
    let mut findings = Findings::new();
    for source in sources {
        let code: Vec<&str> = source.shipped().map(|(_, line)| line).collect();
        let code = code.join("\n");
        for (at, _) in code.match_indices("std::") {
            let named = std_modules(&code[at + "std::".len()..]);
            if let Some(module) = modules.iter().find(|module| named.contains(*module)) {
                let line = code[..at].matches('\n').count() + 1;
                findings.push(format!("{}:{line}: std::{module}; {why}", source.path));
            }
        }
    }
    findings
}

/// The modules named after `std::`: one, or those of a group in braces.
fn std_modules(after: &str) -> BTreeSet<&str> {
    let word = |text: &'_ str| text.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len());
    if !after.starts_with('{') {
        return BTreeSet::from([&after[..word(after)]]);
    }
    let mut depth = 0;
    let mut found = BTreeSet::new();
    for (at, character) in after.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            break;
        }
        if depth == 1 && matches!(character, '{' | ',') {
            let next = after[at + 1..].trim_start();
            found.insert(&next[..word(next)]);
        }
    }
    found
}

fn without_clock(repository: &Repository) -> Findings {
    let why = "time and chance come into the engine as arguments";
    let names =
        ["SystemTime", "Instant::now", "Timestamp::now", "Zoned::now", "TimeZone::system", "getrandom::"];
    repository.below("engine/src/").flat_map(|source| shipped_with(source, &names, why)).collect()
}

fn one_store(repository: &Repository) -> Findings {
    let why = "only state/store.rs names sled, so that the store can be replaced";
    let sources = repository.below("engine/").chain(repository.below("providers/"));
    let sources = sources.filter(|source| !is_store(source));
    sources.flat_map(|source| shipped_with(source, &["sled::"], why)).collect()
}

/// `state/store.rs`, or its parts.
fn is_store(source: &RustSource) -> bool {
    source.path == "engine/src/state/store.rs" || source.path.starts_with("engine/src/state/store/")
}

fn serde_in_formats(repository: &Repository) -> Findings {
    let why = "what is written to disk is a frozen twin: serde in format_v*.rs and render/json only";
    let names = ["serde::", "serde_json", "Serialize", "Deserialize"];
    let sources = repository.below("engine/src/").filter(|source| {
        !source.path.contains("/format_v") && !source.path.starts_with("engine/src/render/json")
    });
    sources.flat_map(|source| shipped_with(source, &names, why)).collect()
}

fn sql_in_its_place(repository: &Repository) -> Findings {
    let places = ["engine/src/", "engine/cli/", "providers/postgres/src/"];
    let home = "providers/postgres/src/sql";
    let sources = places.iter().flat_map(|place| repository.below(place));
    let sources = sources.filter(|source| !source.path.starts_with(home) && !source.is_test());
    let mut findings = Findings::new();
    for source in sources {
        let last = source.shipped_lines();
        for literal in source.literals.iter().filter(|literal| literal.line <= last && is_sql(&literal.text))
        {
            let start: String = literal.text.trim_start().chars().take(30).collect();
            findings.push(format!(
                "{}:{}: \"{start}…\"; SQL is written in {home} and read from .sql files",
                source.path, literal.line
            ));
        }
    }
    findings
}

/// Whether a text starts as a statement does. `SELECT on 3 tables` is English, and `DROP ROLE` alone is a name.
fn is_sql(text: &str) -> bool {
    let verbs =
        ["GRANT", "REVOKE", "ALTER", "CREATE", "DROP", "SELECT", "INSERT INTO", "DELETE FROM", "REASSIGN"];
    let rest = verbs.iter().find_map(|verb| text.trim_start().strip_prefix(verb));
    let next =
        rest.filter(|rest| rest.starts_with(char::is_whitespace)).map(str::trim_start).unwrap_or_default();
    let english = ["on ", "and ", "or ", "for ", "is ", "to ", "of ", "in "];
    let goes_on = next.contains(char::is_whitespace) || text.trim_start().starts_with("SELECT");
    goes_on && !next.is_empty() && !english.iter().any(|word| next.starts_with(word))
}

fn dependencies(repository: &Repository) -> Findings {
    let wire = [
        "tokio",
        "tokio-postgres",
        "tokio-postgres-rustls",
        "postgres-protocol",
        "rustls",
        "throwaway-server",
    ];
    let terminal = ["clap", "console", "indicatif", "crossterm"];
    let engine = wire.iter().chain(&terminal).copied().collect();
    let provider = ["hcl-rs", "hcl-edit", "sled", "postcard"].iter().chain(&terminal).copied().collect();
    let forbidden: [(&str, Vec<&str>); 3] = [
        ("engine/Cargo.toml", engine),
        ("providers/postgres/Cargo.toml", provider),
        ("Cargo.toml", vec!["hcl-rs", "hcl-edit", "sled", "postcard"]),
    ];
    let mut findings = Findings::new();
    for (path, names) in forbidden {
        let text = repository.files.get(path).map_or("", String::as_str);
        let mut section = "";
        for (number, line) in (1..).zip(text.lines()) {
            section = if line.starts_with('[') { line } else { section };
            let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
            if section == "[dependencies]" && names.contains(&name) {
                findings.push(format!("{path}:{number}: {name}; this package must not know it (design 12)"));
            }
        }
    }
    findings
}

fn modules_declared(repository: &Repository) -> Findings {
    let roots = roots(repository);
    let forgotten = repository.rust.iter().filter(|source| {
        let target = targets_of(&source.path).is_some();
        !target && !roots.contains(&source.path) && !is_declared(&source.path, &repository.files)
    });
    forgotten
        .map(|source| format!("{}:1: no file declares this module: it is never built", source.path))
        .collect()
}

/// Files that Cargo builds by itself or because a manifest names them.
fn roots(repository: &Repository) -> BTreeSet<String> {
    let mut roots = BTreeSet::new();
    for (path, text) in repository.files.iter().filter(|(path, _)| path.ends_with("Cargo.toml")) {
        let directory = path.trim_end_matches("Cargo.toml");
        let usual = ["src/lib.rs", "src/main.rs", "build.rs"];
        let named = text.lines().filter_map(|line| line.strip_prefix("path = \"")?.strip_suffix('"'));
        roots.extend(usual.into_iter().chain(named).map(|root| format!("{directory}{root}")));
    }
    roots
}

/// Whether one of the files that could hold `mod NAME;` for a file does.
fn is_declared(path: &str, files: &BTreeMap<String, String>) -> bool {
    let stem = path.trim_end_matches(".rs");
    let stem = stem.strip_suffix("/mod").unwrap_or(stem);
    let Some((directory, name)) = stem.rsplit_once('/') else { return false };
    let parents = ["/main.rs", "/lib.rs", "/mod.rs", ".rs"].map(|end| format!("{directory}{end}"));
    let declaration = format!("mod {name};");
    parents.iter().filter_map(|parent| files.get(parent)).any(|text| {
        let lines = text.lines().map(str::trim);
        lines.filter(|line| !line.starts_with("//")).any(|line| line.ends_with(&declaration))
    })
}

/// The name of the test target that a file is the root of.
fn targets_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("tests/")?.strip_suffix(".rs")?;
    let name = inside.strip_suffix("/main").unwrap_or(inside);
    (!name.contains('/')).then_some(name)
}

fn targets_declared(repository: &Repository) -> Findings {
    let roots = roots(repository);
    let forgotten = repository.rust.iter().filter(|source| {
        targets_of(&source.path).is_some() && !roots.contains(&source.path) && source.path != "tests/tidy.rs"
    });
    let why = "Cargo.toml declares no target with this path: its tests never run";
    forgotten.map(|source| format!("{}:1: {why}", source.path)).collect()
}

fn top_level(repository: &Repository) -> Findings {
    let agreed = "Cargo.toml Cargo.lock LICENSE README.md state-format.md engine providers examples tests";
    let agreed: BTreeSet<&str> = agreed.split(' ').collect();
    let names: BTreeSet<&str> = repository.files.keys().filter_map(|path| path.split('/').next()).collect();
    let others = names.into_iter().filter(|name| !agreed.contains(name) && !name.starts_with('.'));
    others.map(|name| format!("{name}: the top level is fixed (design 12)")).collect()
}

fn no_registries(repository: &Repository) -> Findings {
    let hosts = [
        concat!("crat", "es.io"),
        concat!("npm", "js.org"),
        concat!("npm", "js.com"),
        concat!("py", "pi.org"),
        concat!("python", "hosted.org"),
        concat!("deb.deb", "ian.org"),
    ];
    // What Cargo writes into every lock file, wherever the crates came from.
    let lock = concat!("registry+https://github.com/rust-lang/crat", "es.io-index");
    let mut findings = Findings::new();
    for (path, text) in &repository.files {
        for (number, line) in (1..).zip(text.lines()) {
            let line = if path == "Cargo.lock" { line.replace(lock, "") } else { line.to_owned() };
            if let Some(host) = hosts.iter().find(|host| line.contains(**host)) {
                findings.push(format!(
                    "{path}:{number}: {host}; clients know their registries, files name packages"
                ));
            }
        }
    }
    findings
}

/// Lines whose code has one of these words.
fn code_with<'a>(sources: impl Iterator<Item = &'a RustSource>, words: &[&str], why: &str) -> Findings {
    let lines =
        sources.flat_map(|source| (1..).zip(source.code.lines()).map(move |(n, line)| (source, n, line)));
    lines
        .filter(|(_, _, line)| words.iter().any(|word| line.contains(word)))
        .map(|(source, number, line)| format!("{}:{number}: {}; {why}", source.path, line.trim()))
        .collect()
}

/// Lines whose code, not counting tests, has one of these words.
fn shipped_with(source: &RustSource, words: &[&str], why: &str) -> Findings {
    let lines = source.shipped().filter(|(_, line)| words.iter().any(|word| line.contains(word)));
    lines.map(|(number, line)| format!("{}:{number}: {}; {why}", source.path, line.trim())).collect()
}
