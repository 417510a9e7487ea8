//! Attributes of a role as rows: `~ login = true -> false`.
//!
//! Not here: memberships and grants. Invariants: no row tells a password or its verifier;
//! a new role shows LOGIN and whatever is not the default, a changed one what changes.

use std::collections::BTreeMap;
use std::io;

use crate::catalog::{Password, Role};
use crate::declared::Attributes;
use crate::name::{DatabaseName, printable, quoted};
use crate::render::Label;
use crate::render::blocks::View;
use crate::render::page::{Page, Sign, counted};

/// A value at both ends, in words.
pub(crate) struct Row {
    /// What it is.
    pub(crate) name: String,
    /// Before; `None`: unset.
    pub(crate) before: Option<String>,
    /// After; `None`: unset.
    pub(crate) after: Option<String>,
}

impl Row {
    fn new(name: &str, before: Option<String>, after: Option<String>) -> Row {
        Row { name: name.to_owned(), before, after }
    }

    fn sign(&self) -> Sign {
        match (&self.before, &self.after) {
            (None, Some(_)) => Sign::Add,
            (Some(_), None) => Sign::Destroy,
            (Some(_), Some(_)) => Sign::Change,
            (None, None) => Sign::Stay,
        }
    }
}

/// How many settings are shown of one place.
const SETTINGS: usize = 8;

/// The rows of a role that differ between two ends.
pub(crate) fn rows(before: Option<&Role>, after: Option<&Role>, view: View) -> Vec<Row> {
    let mut rows = attribute_rows(before.map(|role| &role.attributes), after.map(|role| &role.attributes));
    let mut text = |name: &str, value: fn(&Role) -> &Option<String>| {
        let of = |role: Option<&Role>| role.and_then(|role| value(role).as_deref()).map(quoted);
        if of(before) != of(after) {
            rows.push(Row::new(name, of(before), of(after)));
        }
    };
    text("valid_until", |role| &role.valid_until);
    text("comment", |role| &role.comment);
    rows.extend(password_row(before, after, view));
    rows
}

fn attribute_rows(before: Option<&Attributes>, after: Option<&Attributes>) -> Vec<Row> {
    let standard = values(&Attributes::default());
    let (before, after) = (before.map(values), after.map(values));
    let mut rows = Vec::new();
    for (position, (name, default)) in standard.iter().enumerate() {
        let of = |end: &Option<[(&str, String); 8]>| end.as_ref().map(|values| values[position].1.clone());
        let (old, new) = (of(&before), of(&after));
        let differs = match (&old, &new) {
            (Some(old), Some(new)) => old != new,
            (Some(only), None) | (None, Some(only)) => *name == "login" || only != default,
            (None, None) => false,
        };
        if differs {
            rows.push(Row::new(name, old, new));
        }
    }
    rows
}

fn values(attributes: &Attributes) -> [(&'static str, String); 8] {
    [
        ("login", attributes.login.to_string()),
        ("inherit", attributes.inherit.to_string()),
        ("superuser", attributes.superuser.to_string()),
        ("createdb", attributes.createdb.to_string()),
        ("createrole", attributes.createrole.to_string()),
        ("replication", attributes.replication.to_string()),
        ("bypassrls", attributes.bypassrls.to_string()),
        ("connection_limit", attributes.connection_limit.to_string()),
    ]
}

fn password_row(before: Option<&Role>, after: Option<&Role>, view: View) -> Option<Row> {
    let had = before.map(|role| role.password);
    let row = |before: Option<&str>, after: Option<&str>| {
        Some(Row::new("password", before.map(str::to_owned), after.map(str::to_owned)))
    };
    if had == after.map(|role| role.password) {
        return None;
    }
    let (made, changed) = match view {
        View::Plan => ("(generated at apply)", "(generated at apply)"),
        View::Drift => ("(set by someone else)", "(changed by someone else)"),
    };
    match (had, after?.password) {
        (None | Some(Password::Absent), Password::Fresh | Password::Verifier(_)) => row(None, Some(made)),
        (Some(Password::Unknown | Password::Verifier(_) | Password::Fresh), new) => match new {
            Password::Fresh | Password::Verifier(_) => row(Some("(set)"), Some(changed)),
            Password::Absent => row(Some("(set)"), None),
            Password::Unknown => None,
        },
        (None | Some(Password::Absent), Password::Absent | Password::Unknown) => None,
    }
}

/// Writes rows, their values below each other, and tells how wide the names were.
pub(crate) fn write(page: &mut Page<'_>, indent: usize, rows: &[Row], least: usize) -> io::Result<usize> {
    let width = rows.iter().map(|row| row.name.chars().count()).fold(least, usize::max);
    for row in rows {
        page.sign(indent, row.sign())?;
        page.plain(&format!("{:width$} = ", row.name))?;
        match (&row.before, &row.after) {
            (Some(before), Some(after)) => {
                page.plain(before)?;
                page.put(Label::Change, " -> ")?;
                page.plain(after)?;
            }
            (Some(only), None) | (None, Some(only)) => page.plain(only)?,
            (None, None) => {}
        }
        page.end()?;
    }
    Ok(width)
}

/// What stands before the settings that hold in every database.
pub(crate) const SETTINGS_WORD: &str = "settings";

/// Settings of one place that differ: for every database, or in one.
pub(crate) fn settings(
    before: Option<&Role>,
    after: Option<&Role>,
) -> BTreeMap<Option<DatabaseName>, Vec<Row>> {
    let nothing = BTreeMap::new();
    let (before, after) =
        (before.map_or(&nothing, |role| &role.settings), after.map_or(&nothing, |role| &role.settings));
    let keys: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let mut places: BTreeMap<Option<DatabaseName>, Vec<Row>> = BTreeMap::new();
    for key in keys {
        let (old, new) = (before.get(key), after.get(key));
        if old != new {
            let value = |value: Option<&String>| value.map(|value| quoted(value));
            let row = Row::new(&printable(&key.1), value(old), value(new));
            places.entry(key.0.clone()).or_default().push(row);
        }
    }
    places
}

/// How a map of settings is written.
#[derive(Clone, Copy)]
pub(crate) struct Map {
    /// Width of the names above.
    pub(crate) width: usize,
    /// All of them.
    pub(crate) full: bool,
}

/// Writes the settings of one place as a map.
pub(crate) fn write_settings(
    page: &mut Page<'_>,
    place: Option<&DatabaseName>,
    rows: &[Row],
    map: Map,
) -> io::Result<()> {
    let signs: std::collections::BTreeSet<Sign> = rows.iter().map(Row::sign).collect();
    let sign = if signs.len() == 1 { rows[0].sign() } else { Sign::Change };
    page.sign(6, sign)?;
    let word = match place {
        None => SETTINGS_WORD.to_owned(),
        Some(database) => format!("settings in database {}", printable(database.as_str())),
    };
    page.line(Label::Plain, &format!("{word:width$} = {{", width = map.width))?;
    let shown = if map.full || rows.len() <= SETTINGS { rows.len() } else { SETTINGS - 1 };
    write(page, 10, &rows[..shown], 0)?;
    if shown < rows.len() {
        let more = counted((rows.len() - shown) as u64, "more setting");
        page.indent(12)?;
        page.line(Label::Dim, &format!("… {more} (-full lists them)"))?;
    }
    page.indent(8)?;
    page.line(Label::Plain, "}")
}
