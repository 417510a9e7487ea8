//! The file: a heading, role blocks, `schema` blocks, and `import` blocks.
//!
//! Not here: what the blocks say. Invariant: the text is as `fmt` would write it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::config::format;
use crate::generate::Source;
use crate::generate::alike::Declaration;
use crate::generate::body::{Body, Item, KEY, Value, quoted};
use crate::generate::label::labels;
use crate::generate::schemas;
use crate::generate::survey::Left;
use crate::name::{RoleName, printable};

/// Writes the file.
pub(super) fn file(
    source: Source<'_>,
    declarations: Vec<Declaration>,
    unsaid: &BTreeSet<&RoleName>,
) -> String {
    let labels = labels(&declarations, &source.survey.labels);
    let addresses = addresses(&declarations, &labels);
    let mut out = heading(source, unsaid);
    for (declaration, label) in declarations.iter().zip(&labels) {
        let own = format!("role.{label}[");
        // A block cannot refer to its own instances.
        let reference =
            |name: &str| addresses.get(name).filter(|address| !address.starts_with(&own)).cloned();
        let _ = writeln!(out, "\nrole {} {{", quoted(label));
        whole(declaration, label).write(&mut out, &reference);
        out.push_str("}\n");
    }
    for (label, body) in schemas::blocks(source, unsaid) {
        let _ = writeln!(out, "\nschema {} {{", quoted(&label));
        body.write(&mut out, &|name| addresses.get(name).cloned());
        out.push_str("}\n");
    }
    imports(&mut out, &addresses);
    // What is written here is HCL; should it not be, the text itself shows where.
    format::format(&out).unwrap_or(out)
}

/// How each role is referred to, by its name.
fn addresses(declarations: &[Declaration], labels: &[String]) -> BTreeMap<String, String> {
    let mut addresses = BTreeMap::new();
    for (declaration, label) in declarations.iter().zip(labels) {
        if declaration.instances.is_empty() {
            addresses.insert(declaration.name.clone(), format!("role.{label}"));
        }
        for (key, role) in &declaration.instances {
            addresses.insert(role.as_str().to_owned(), format!("role.{label}[{}]", quoted(key)));
        }
    }
    addresses
}

/// A block's inside with what names its roles.
fn whole(declaration: &Declaration, label: &str) -> Body {
    let mut body = Body::default();
    if !declaration.instances.is_empty() {
        let keys = Value::texts(declaration.instances.keys());
        body.argument("for_each", Value::Call("toset", Box::new(keys)));
    }
    if declaration.name != label || declaration.name.contains(KEY) {
        body.argument("name", Value::text(&declaration.name));
    }
    body.0.extend(declaration.body.0.iter().cloned());
    body
}

fn heading(source: Source<'_>, unsaid: &BTreeSet<&RoleName>) -> String {
    let mut body = Body::default();
    let mut say = |text: &str| body.0.push(Item::Comment(text.to_owned()));
    say(&format!(
        "Roles of postgres.{}, as `roleform generate {}` found them.",
        source.resource, source.resource
    ));
    say("Until something changes, `roleform plan` has nothing to do but to take them over.");
    say("A scope without a table and \"*\" stood for all that there was; they cover what comes later, too.");
    say("PUBLIC is left alone.");
    let mut left: BTreeMap<Left, Vec<String>> = BTreeMap::new();
    for (role, why) in &source.survey.left {
        left.entry(*why).or_default().push(printable(role.as_str()));
    }
    for (why, roles) in left {
        say(&format!("Not here, {}: {}.", why.words(), roles.join(", ")));
    }
    if !unsaid.is_empty() {
        let names: Vec<String> = unsaid.iter().map(|role| printable(role.as_str())).collect();
        say(&format!(
            "Not here, since they have a name or a text, or hold something with a name, that is not in Unicode's form NFC, as all texts of a configuration are: {}.",
            names.join(", ")
        ));
    }
    let closed =
        source.observed.databases.iter().filter(|(_, fact)| !fact.accepts_connections && !fact.template);
    for (database, _) in closed {
        say(&format!(
            "Database {} does not accept connections: nobody looked inside.",
            printable(database.as_str())
        ));
    }
    let mut out = String::new();
    body.write(&mut out, &|_| None);
    out
}

fn imports(out: &mut String, addresses: &BTreeMap<String, String>) {
    if !addresses.is_empty() {
        out.push_str("\n# These take the roles over; after the first apply they are of no more use.\n");
    }
    for address in addresses.values() {
        let _ = writeln!(out, "import {{\nto = {address}\n}}");
    }
}
