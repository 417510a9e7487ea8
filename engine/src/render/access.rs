//! Access: who gains or loses what in effect, as lines.
//!
//! Not here: how that is found (`crate::access`). Invariant: roles with the same gains and
//! losses share their lines, and a role has at most `LINES` of them without `-full`.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use crate::access::extent::Extent;
use crate::access::{Access, Effect, RoleAccess, Turn};
use crate::acl::Grantee;
use crate::name::{RoleName, printable};
use crate::object::ObjectKind;
use crate::render::Label;
use crate::render::extent::Class;
use crate::render::page::{Page, Sign, WIDTH, counted, fitting, thousands};

/// Lines of one role.
const LINES: usize = 8;
/// Columns before a line.
const INDENT: usize = 6;

/// What the predefined roles give (PostgreSQL, "Predefined Roles").
const PREDEFINED: &[(&str, &str)] = &[
    ("pg_checkpoint", "may run CHECKPOINT"),
    ("pg_create_subscription", "may create subscriptions"),
    ("pg_database_owner", "what the owner of the current database may"),
    ("pg_execute_server_program", "runs programs on the server's machine"),
    ("pg_maintain", "MAINTAIN on every table"),
    ("pg_monitor", "reads settings, statistics and activity of the whole server"),
    ("pg_read_all_data", "SELECT on every table and sequence, USAGE on every schema"),
    ("pg_read_all_settings", "reads every setting"),
    ("pg_read_all_stats", "reads every statistic, and other sessions' queries"),
    ("pg_read_server_files", "reads any file that the server can read"),
    ("pg_signal_autovacuum_worker", "may stop autovacuum workers"),
    ("pg_signal_backend", "may cancel and end other roles' sessions"),
    ("pg_stat_scan_tables", "may lock tables to measure them"),
    ("pg_use_reserved_connections", "may use reserved connections"),
    ("pg_write_all_data", "INSERT, UPDATE, DELETE on every table, USAGE on every schema"),
    ("pg_write_server_files", "writes any file that the server can write"),
];

/// One line: a sign and words, or privileges on an extent.
enum Line<'a> {
    Words(Turn, String),
    Effect(&'a Effect, &'a Extent),
}

/// Writes the section of one server.
pub(crate) fn write(page: &mut Page<'_>, access: &Access, full: bool) -> io::Result<()> {
    let mut alike: BTreeMap<&RoleAccess, Vec<&Grantee>> = BTreeMap::new();
    for (grantee, role) in &access.roles {
        alike.entry(role).or_default().push(grantee);
    }
    let mut sections: Vec<(Vec<&Grantee>, &RoleAccess)> =
        alike.into_iter().map(|(role, grantees)| (grantees, role)).collect();
    sections.sort();
    for (grantees, role) in &sections {
        let names: Vec<String> = grantees.iter().map(|grantee| grantee.to_string()).collect();
        page.indent(2)?;
        page.line(Label::Heading, &who(&names, full))?;
        write_role(page, role, full)?;
    }
    if !access.unaffected.is_empty() {
        let names: Vec<String> = access.unaffected.iter().map(|grantee| grantee.to_string()).collect();
        page.indent(2)?;
        page.put(Label::Heading, &who(&names, full))?;
        page.line(Label::Dim, ": nothing changes in effect")?;
    }
    Ok(())
}

/// `a, b, c`, or `50 roles alike: r00, r01, …`.
fn who(names: &[String], full: bool) -> String {
    let few = fitting(names, WIDTH - 30);
    if full || few == names.len() {
        return names.join(", ");
    }
    format!("{} roles alike: {}, …", thousands(names.len() as u64), names[..few].join(", "))
}

fn write_role(page: &mut Page<'_>, role: &RoleAccess, full: bool) -> io::Result<()> {
    let lines = lines(role);
    let shown = if full || lines.len() <= LINES { lines.len() } else { LINES - 1 };
    for line in &lines[..shown] {
        match line {
            Line::Words(turn, words) => {
                page.sign(INDENT - 2, sign(*turn))?;
                page.line(Label::Plain, words)?;
            }
            Line::Effect(effect, extent) => write_effect(page, effect, extent)?,
        }
    }
    if shown < lines.len() {
        let more = counted((lines.len() - shown) as u64, "more line");
        page.indent(INDENT)?;
        page.line(Label::Dim, &format!("… {more} (-full lists them)"))?;
    }
    Ok(())
}

fn sign(turn: Turn) -> Sign {
    match turn {
        Turn::Gained => Sign::Add,
        Turn::Lost => Sign::Destroy,
        Turn::Same => Sign::Stay,
    }
}

fn lines(role: &RoleAccess) -> Vec<Line<'_>> {
    let mut lines = Vec::new();
    match role.superuser {
        Turn::Gained => lines.push(Line::Words(Turn::Gained, "everything, as a superuser".to_owned())),
        Turn::Lost => {
            lines.push(Line::Words(Turn::Lost, "everything, which it could do as a superuser".to_owned()));
        }
        Turn::Same => {}
    }
    let log_in = match (role.login, role.existence) {
        (Turn::Gained, _) => Some((Turn::Gained, "may log in")),
        (Turn::Lost, Turn::Lost) => Some((Turn::Lost, "may log in (the role is gone)")),
        (Turn::Lost, Turn::Same | Turn::Gained) => Some((Turn::Lost, "may log in")),
        (Turn::Same, _) => None,
    };
    lines.extend(log_in.map(|(turn, words)| Line::Words(turn, words.to_owned())));
    for (turn, roles) in [(Turn::Gained, &role.roles.gained), (Turn::Lost, &role.roles.lost)] {
        lines.extend(roles.iter().map(|role| Line::Words(turn, all_of(role))));
    }
    for (turn, owners) in [(Turn::Gained, &role.owners.gained), (Turn::Lost, &role.owners.lost)] {
        lines.extend(owners.iter().map(|owner| {
            let name = printable(owner.as_str());
            Line::Words(turn, format!("all that {name} owns (through {name})"))
        }));
    }
    let mut effects: Vec<_> = role.effects.iter().collect();
    // What is one's own stands before what goes through others.
    effects.sort_by_key(|(effect, _)| (rank(effect.kind), effect.turn, !effect.through.is_empty(), *effect));
    lines.extend(effects.into_iter().map(|(effect, extent)| Line::Effect(effect, extent)));
    for (turn, roles) in [(Turn::Gained, &role.set_role.gained), (Turn::Lost, &role.set_role.lost)] {
        lines.extend(roles.iter().map(|role| {
            let name = printable(role.as_str());
            Line::Words(turn, format!("may become {name} by SET ROLE"))
        }));
    }
    if lines.is_empty() {
        lines.extend(match role.existence {
            Turn::Gained => Some(Line::Words(Turn::Gained, "is made, and holds nothing".to_owned())),
            Turn::Lost => Some(Line::Words(Turn::Lost, "is gone, and held nothing".to_owned())),
            Turn::Same => None,
        });
    }
    lines
}

fn all_of(role: &RoleName) -> String {
    let name = printable(role.as_str());
    let known = PREDEFINED.iter().find(|(predefined, _)| *predefined == role.as_str());
    match known {
        Some((_, meaning)) => format!("{meaning} (through {name})"),
        None => format!("all that {name} holds (through {name})"),
    }
}

/// Data first; the way in, through database and schema, last.
fn rank(kind: ObjectKind) -> u8 {
    match kind {
        ObjectKind::Table | ObjectKind::Column => 0,
        ObjectKind::Sequence
        | ObjectKind::Routine
        | ObjectKind::Type
        | ObjectKind::Language
        | ObjectKind::ForeignDataWrapper
        | ObjectKind::ForeignServer
        | ObjectKind::LargeObject
        | ObjectKind::Tablespace
        | ObjectKind::Parameter => 1,
        ObjectKind::Schema => 2,
        ObjectKind::Database => 3,
    }
}

fn write_effect(page: &mut Page<'_>, effect: &Effect, extent: &Extent) -> io::Result<()> {
    let privileges = format!("{} on ", effect.privileges);
    let through = through(&effect.through);
    let taken = INDENT + 2 + privileges.chars().count() + through.chars().count();
    let phrase = Class::Kind(effect.kind).phrase(extent, WIDTH.saturating_sub(taken), 3);
    page.sign(INDENT - 2, sign(effect.turn))?;
    page.plain(&privileges)?;
    page.plain(&phrase.text)?;
    page.line(Label::Reason, &through)
}

fn through(roles: &BTreeSet<RoleName>) -> String {
    let names: Vec<String> = roles.iter().map(|role| printable(role.as_str())).collect();
    match fitting(&names, 40) {
        0 => String::new(),
        fit if fit == names.len() => format!(" (through {})", names.join(", ")),
        fit => format!(" (through {} and {} more)", names[..fit].join(", "), names.len() - fit),
    }
}
