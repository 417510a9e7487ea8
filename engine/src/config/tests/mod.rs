//! Tests of the configuration language, as text in and text out.

mod blocks;
mod expressions;
mod fuzz;
mod involved;
mod lifecycle;
mod mistakes;
mod module_mistakes;
mod modules;
mod policies;
mod reference;
mod robust;
mod role_mistakes;
mod schemas;
mod servers;
mod structure;
mod values;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::inputs::Inputs;
use super::sources::Sources;
use super::surroundings::Surroundings;
use crate::declared::{Declared, DeclaredRole, GrantBlock, Implied, Privileges};
use crate::diagnostic::{Diagnostics, SourceFile};

/// The files of the small world.
const FILES: &[(&str, &str)] = &[
    ("name.txt", "from_file"),
    ("hello.txt", "Hello World"),
    ("/home/ana/name.txt", "from_home"),
    ("hello.tftpl", "Hello, ${name}!"),
    ("list.tftpl", "%{ for x in list ~}\n- ${x}\n%{ endfor ~}\n"),
    ("func.tftpl", "The items are ${join(\", \", list)}"),
    ("wrapped.tftpl", "${x}"),
    ("recursive.tftpl", "${templatefile(\"recursive.tftpl\", {})}"),
];

/// A small world: some files, two variables of the environment, one time.
fn world() -> Surroundings<'static> {
    Surroundings {
        read: &|path| {
            let file = FILES.iter().find(|(name, _)| *name == path);
            file.map(|(_, text)| text.as_bytes().to_vec()).ok_or_else(|| "there is no such file".to_owned())
        },
        list: &|path| match path {
            "." => Ok(vec!["files/".to_owned(), "hello.txt".to_owned(), "name.txt".to_owned()]),
            "files" | "./files/" => Ok(["a.hcl", "b.txt", "deep/"].map(str::to_owned).to_vec()),
            "files/deep/../" => Ok(vec!["a.hcl".to_owned(), "b.txt".to_owned(), "deep/".to_owned()]),
            "files/deep" | "files/deep/" | "./files/deep/" => Ok(vec!["c.txt".to_owned()]),
            _ => Err("there is no such directory".to_owned()),
        },
        directory: "/srv/access",
        environment: &|name| match name {
            "STAGE" => Some("prod".to_owned()),
            "HOME" => Some("/home/ana".to_owned()),
            _ => None,
        },
        now: "2024-02-29T12:00:00Z",
    }
}

/// Loads files with a small world around them; those in other directories are modules.
fn load(files: &[(&str, &str)], inputs: &Inputs) -> (Option<Declared>, Diagnostics) {
    super::load(&sources(files), inputs, &world())
}

fn sources(files: &[(&str, &str)]) -> Sources {
    let within = |directory: &str| -> Vec<Arc<SourceFile>> {
        let parent = |path: &str| path.rsplit_once('/').map_or(".", |(parent, _)| parent).to_owned();
        let here = files.iter().filter(|(path, _)| parent(path) == directory);
        here.map(|(path, text)| Arc::new(SourceFile::new(*path, *text))).collect()
    };
    Sources::gather(within("."), &|directory| match within(directory) {
        found if found.is_empty() => Err("there is no such directory".to_owned()),
        found => Ok(found),
    })
}

/// What a configuration declares, or what is wrong with it, as text.
fn outcome(files: &[(&str, &str)], inputs: &Inputs) -> String {
    let (declared, diagnostics) = load(files, inputs);
    let mut text = said(&diagnostics);
    if let Some(declared) = declared {
        text.push_str(&dump(&declared));
    }
    text
}

/// Diagnostics, one paragraph each.
fn said(diagnostics: &Diagnostics) -> String {
    let mut text = String::new();
    for diagnostic in &diagnostics.0 {
        let place = match &diagnostic.span {
            Some(span) => {
                let before = &span.file.text[..span.range.start];
                let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
                let excerpt = &span.file.text[span.range.clone()];
                format!("{}:{column} `{}`", span.origin(), excerpt.lines().next().unwrap_or_default())
            }
            None => "nowhere".to_owned(),
        };
        let _ = writeln!(
            text,
            "{} {place} {}\n  {}",
            diagnostic.code,
            diagnostic.summary,
            diagnostic.detail.replace('\n', "\n  ").replace("\n  \n", "\n\n")
        );
        if let Some(hint) = &diagnostic.hint {
            let _ = writeln!(text, "  hint: {hint}");
        }
    }
    text
}

fn dump(declared: &Declared) -> String {
    let mut text = String::new();
    for (name, server) in &declared.resources {
        let _ = writeln!(
            text,
            "postgres.{name} {}:{}/{} {:?} as {:?} password {:?}",
            server.host,
            server.port,
            server.database,
            server.sslmode,
            server.admin_username,
            server.admin_password
        );
    }
    for role in declared.roles.values() {
        text.push_str(&dump_role(role));
    }
    for schema in declared.schemas.values() {
        let (address, owner) = (schema.address.of_kind("schema"), &schema.owner);
        let _ = writeln!(text, "{address} on {} is {} of {owner}", schema.resource, schema.path);
    }
    for public in &declared.publics {
        let _ = writeln!(text, "public {} on {}", public.address.label, public.resource);
        public.grants.iter().for_each(|grant| text.push_str(&dump_grant(grant)));
    }
    for removed in &declared.removed {
        let _ = writeln!(text, "removed {} destroy {}", removed.from, removed.destroy);
    }
    for moved in &declared.moved {
        let _ = writeln!(text, "moved {} to {}", moved.from, moved.to);
    }
    for import in &declared.imports {
        let _ = writeln!(text, "import {import}");
    }
    for (name, value) in &declared.outputs {
        let _ = writeln!(text, "output {name} = {}", value.as_deref().unwrap_or("(sensitive)"));
    }
    text
}

fn dump_role(role: &DeclaredRole) -> String {
    let mut text = format!("{} on {} as {:?} {:?}\n", role.address, role.resource, role.name, role.kind);
    let default = crate::declared::Attributes::default();
    if role.attributes != default {
        let _ = writeln!(text, "  {:?}", role.attributes);
    }
    let mut facts: BTreeMap<&str, String> = BTreeMap::new();
    facts.extend(role.valid_until.as_ref().map(|time| ("valid_until", time.clone())));
    facts.extend(role.comment.as_ref().map(|comment| ("comment", comment.clone())));
    facts.extend((!role.settings.is_empty()).then(|| ("settings", format!("{:?}", role.settings))));
    facts.extend(role.adopt.then(|| ("adopt", "true".to_owned())));
    facts.extend(role.prevent_destroy.then(|| ("prevent_destroy", "true".to_owned())));
    facts.insert("password", format!("{:?}", role.password));
    facts.insert("on_destroy", format!("{:?}", role.on_destroy));
    facts.extend(
        (!role.ignore_changes.is_empty()).then(|| ("ignore_changes", format!("{:?}", role.ignore_changes))),
    );
    for (name, value) in facts {
        let usual = matches!((name, value.as_str()), ("on_destroy", "Refuse") | ("password", "WithLogin"));
        if !usual {
            let _ = writeln!(text, "  {name} {value}");
        }
    }
    for member in &role.member_of {
        let block = member.block.as_ref().map(|block| format!(" ({block})")).unwrap_or_default();
        let _ = writeln!(
            text,
            "  in {:?}{block} admin {} inherit {:?} set {}{}",
            member.role,
            member.admin,
            member.inherit,
            member.set,
            member.granted_by.as_ref().map_or(String::new(), |grantor| format!(" granted by {grantor:?}"))
        );
    }
    for dependency in &role.depends_on {
        let _ = writeln!(text, "  depends on {}", dependency.on);
    }
    role.grants.iter().for_each(|grant| text.push_str(&dump_grant(grant)));
    text
}

fn dump_grant(grant: &GrantBlock) -> String {
    let privileges = match grant.privileges {
        Privileges::All => "ALL".to_owned(),
        Privileges::These(set) => set.to_string(),
    };
    let database = grant.database.as_ref().map_or("the server".to_owned(), ToString::to_string);
    let mut text = format!("  grant {privileges} in {database} on {:?}", grant.selector);
    if grant.grant_option {
        text.push_str(" with grant option");
    }
    if !grant.future_creators.is_empty() {
        let _ = write!(text, " future of {:?}", grant.future_creators);
    }
    match grant.implied {
        Implied::Everything => {}
        Implied::NoSequences => text.push_str(" without sequences"),
        Implied::Nothing => text.push_str(" without what is implied"),
    }
    if let Some(grantor) = &grant.granted_by {
        let _ = write!(text, " granted by {grantor:?}");
    }
    text + "\n"
}
