//! Roles that are no longer declared: dropped, unless something forbids it.
//!
//! Not here: the statements (the provider), their order (`graph::order`). Invariant: whatever
//! would keep PostgreSQL from dropping a role, or would be lost with it unasked, is named
//! here, while planning.

use std::collections::BTreeSet;

use crate::acl::Grantee;
use crate::change::{Departure, OwnedFate};
use crate::code::Code;
use crate::declared::{OnDestroy, OpenSessions};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::diff::Block;
use crate::name::{DatabaseName, RoleName, printable};
use crate::object::Object;
use crate::observed::{Owned, OwnedKind};
use crate::plan::Mode;
use crate::resolve::{Desired, Question};
use crate::state::RecordedRole;

/// Most things that one message names.
const SHOWN: usize = 10;

pub(super) fn remove(
    question: &Question<'_>,
    (name, recorded): (&RoleName, &RecordedRole),
    desired: &mut Desired,
    diagnostics: &mut Diagnostics,
) {
    let remembered = terms(question, recorded);
    let block = Block { address: remembered.address.clone(), origin: None };
    desired.blocks.insert(Grantee::Role(name.clone()), block);
    desired.kinds.insert(name.clone(), remembered.kind);
    if !question.observed.catalog.roles.contains_key(name) {
        return;
    }
    let leaving = Leaving { question, name, remembered: &remembered };
    diagnostics.extend(leaving.protected());
    diagnostics.extend(leaving.sessions());
    diagnostics.extend(leaving.closed());
    diagnostics.extend(leaving.needed());
    match leaving.fate() {
        Ok(fate) => drop(desired.departures.insert(name.clone(), leaving.departure(fate))),
        Err(why) => diagnostics.extend(why),
    }
}

/// What is dropped with its owner needs no grants, and no revoking before.
pub(super) fn leave_out_dropped(desired: &mut Desired) {
    let dropped = desired.departures.iter().filter(|(_, departure)| departure.fate == OwnedFate::Dropped);
    let owners: BTreeSet<RoleName> = dropped.map(|(name, _)| name.clone()).collect();
    if owners.is_empty() {
        return;
    }
    for (database, grants) in desired.observed.databases.clone() {
        let goes =
            |object: &Object| grants.objects().get(object).is_some_and(|held| owners.contains(&held.owner));
        let pictures = [&mut desired.catalog, &mut desired.recorded, &mut desired.observed];
        for picture in pictures.into_iter().filter_map(|picture| picture.databases.get_mut(&database)) {
            *picture = picture.filtered(|object, _| !goes(object));
        }
    }
}

/// What is remembered; with `-destroy` a block that still stands has the word.
fn terms(question: &Question<'_>, recorded: &RecordedRole) -> RecordedRole {
    let block = question.part.declared.roles.get(&recorded.address);
    match (question.part.mode, block) {
        (Mode::Destroy, Some(role)) => RecordedRole {
            prevent_destroy: role.prevent_destroy || recorded.prevent_destroy,
            on_destroy: role.on_destroy.clone(),
            open_sessions: role.open_sessions,
            ..recorded.clone()
        },
        (Mode::Destroy | Mode::Normal | Mode::RefreshOnly, _) => recorded.clone(),
    }
}

/// A role that is to be dropped.
struct Leaving<'a> {
    question: &'a Question<'a>,
    name: &'a RoleName,
    remembered: &'a RecordedRole,
}

impl<'a> Leaving<'a> {
    /// `role.x ("name")`.
    fn shown(&self) -> String {
        format!("{} (\"{}\")", self.remembered.address, printable(self.name.as_str()))
    }

    fn error(&self, code: Code, summary: &str, detail: String) -> Diagnostic {
        let block = self.question.part.declared.roles.get(&self.remembered.address);
        let error = Diagnostic::error(code, summary, detail);
        Diagnostic { span: block.map(|block| block.span.clone()), ..error }
    }

    fn protected(&self) -> Option<Diagnostic> {
        self.remembered.prevent_destroy.then(|| {
            let detail = format!(
                "{} is declared, or was last applied, with prevent_destroy, which holds also when the block is gone.",
                self.shown()
            );
            self.error(Code::PLN006, "Role is protected from destruction", detail).hint(
                "to give it up, apply once with the block and `prevent_destroy = false`, or forget the role with a `removed` block",
            )
        })
    }

    fn sessions(&self) -> Option<Diagnostic> {
        let open = self.question.observed.sessions.get(self.name).copied().unwrap_or(0);
        (self.remembered.open_sessions == OpenSessions::Refuse && open > 0).then(|| {
            let sessions = if open == 1 { "1 session".to_owned() } else { format!("{open} sessions") };
            let detail = format!(
                "{} shall be dropped and has {sessions} open, which PostgreSQL would let go on without it.",
                self.shown()
            );
            self.error(Code::PLN035, "Role has open sessions", detail).hint(
                "end them first, or apply the block with `lifecycle { on_destroy { terminate_sessions = true } }` and remove it then",
            )
        })
    }

    /// What stands in databases that nobody may enter cannot be taken away.
    fn closed(&self) -> Option<Diagnostic> {
        let closed = self.question.observed.closed.iter().filter(|(_, roles)| roles.contains(self.name));
        let names: Vec<String> =
            closed.map(|(database, _)| format!("\"{}\"", printable(database.as_str()))).collect();
        (!names.is_empty()).then(|| {
            let detail = format!(
                "{} shall be dropped and holds or owns something in {}, which accepts no connections.",
                self.shown(),
                names.join(", ")
            );
            self.error(Code::PLN034, "Role holds something where nobody can enter", detail)
                .hint("let connections in with `ALTER DATABASE … ALLOW_CONNECTIONS true` until the plan is applied, or drop the database")
        })
    }

    /// Declared roles that name it, where it would be missing right after.
    fn needed(&self) -> Vec<Diagnostic> {
        let tell = |how: &str, span: &crate::diagnostic::Span| {
            let detail = format!("{} is no longer declared and would be dropped, and {how}.", self.shown());
            Diagnostic::error(Code::PLN039, "Role is still needed", detail)
                .at(span.clone())
                .hint("take the name out here, or keep the role")
        };
        let mut found = Vec::new();
        for role in self.question.part.declared_roles() {
            let memberships = role.member_of.iter().filter(|membership| membership.role == *self.name);
            let how = format!("{} shall be a member of it", role.address);
            found.extend(memberships.map(|membership| tell(&how, &membership.span)));
            let grants = role.grants.iter().filter(|grant| grant.future_creators.contains(self.name));
            let how = format!("{} shall hold something on what it creates", role.address);
            found.extend(grants.map(|grant| tell(&how, &grant.span)));
        }
        let schemas = self.question.part.declared_schemas().filter(|schema| schema.owner == *self.name);
        found.extend(schemas.map(|schema| {
            tell(&format!("{} shall belong to it", schema.address.of_kind("schema")), &schema.span)
        }));
        found
    }

    fn owned(&self) -> &'a [Owned] {
        self.question.observed.owned.get(self.name).map_or(&[][..], Vec::as_slice)
    }

    fn of_kind(&self, kinds: &[OwnedKind]) -> Vec<Owned> {
        self.owned().iter().filter(|owned| kinds.contains(&owned.kind)).cloned().collect()
    }

    /// What becomes of what it owns, or everything that stands against its end.
    fn fate(&self) -> Result<OwnedFate, Vec<Diagnostic>> {
        let (mut objects, shared) = (self.of_kind(&[OwnedKind::Object]), self.of_kind(&[OwnedKind::Shared]));
        // Schemas that somebody else gets in this plan are its own no more by then.
        objects.retain(|owned| !self.question.part.declared_schemas().any(|to| owned.is_schema(&to.path)));
        let mut against: Vec<Diagnostic> = self.granted().into_iter().collect();
        let fate = match &self.remembered.on_destroy {
            _ if objects.is_empty() && shared.is_empty() => OwnedFate::None,
            OnDestroy::Refuse => {
                against.push(self.owns(&[objects, shared].concat()));
                OwnedFate::None
            }
            OnDestroy::Reassign(heir) => {
                let heir = self.question.after.names.get(heir).unwrap_or(heir).clone();
                against.extend(self.heir(&heir));
                // Each database's REASSIGN OWNED would want it, and wait for the other.
                if !shared.is_empty() && self.inside().len() > 1 {
                    against.push(self.owns(&shared));
                }
                OwnedFate::Reassigned(heir)
            }
            OnDestroy::Drop => {
                if !shared.is_empty() {
                    against.push(self.owns(&shared));
                }
                against.extend(self.depended_upon());
                OwnedFate::Dropped
            }
        };
        if against.is_empty() { Ok(fate) } else { Err(against) }
    }

    fn owns(&self, owned: &[Owned]) -> Diagnostic {
        let detail = format!("{} shall be dropped and owns:\n{}", self.shown(), listed(owned));
        self.error(Code::PLN007, "Role owns objects", detail).hint(
            "give them to another role first, or apply the block with `lifecycle { on_destroy { reassign_owned_to = \"…\" } }` and remove it then",
        )
    }

    /// Whoever is to get what it owns must be there, and stay.
    fn heir(&self, heir: &RoleName) -> Option<Diagnostic> {
        let part = self.question.part;
        let declared = part.declared_roles().any(|role| role.name == *heir);
        let leaves = || part.recorded_roles().any(|(name, _)| name == heir);
        let why = if heir == self.name || (!declared && leaves()) {
            "which is dropped itself"
        } else if !declared && !self.question.observed.roles.contains_key(heir) {
            "which does not exist"
        } else {
            return None;
        };
        let heir = printable(heir.as_str());
        let detail =
            format!("{} shall be dropped and what it owns shall go to \"{heir}\", {why}.", self.shown());
        Some(
            self.error(Code::PLN036, "Nobody to give owned objects to", detail)
                .hint("put the block back with another `reassign_owned_to`, apply, and remove it then"),
        )
    }

    /// Objects of others that would have to go along.
    fn depended_upon(&self) -> Option<Diagnostic> {
        let dependent = self.question.observed.dependent_objects.get(self.name)?;
        let detail = format!(
            "What {} owns shall be dropped, and these depend on it without being its own:\n{}",
            self.shown(),
            listed(dependent)
        );
        Some(
            self.error(Code::PLN037, "Objects of others depend on what is dropped", detail)
                .hint("drop or change them first, or use `reassign_owned_to`"),
        )
    }

    /// Memberships of others that would go along, silently.
    fn granted(&self) -> Option<Diagnostic> {
        let granted = self.of_kind(&[OwnedKind::Membership]);
        (!granted.is_empty()).then(|| {
            let detail = format!(
                "{} shall be dropped and is recorded as the grantor of:\n{}",
                self.shown(),
                listed(&granted)
            );
            self.error(Code::PLN038, "Role granted memberships to others", detail)
                .hint("have them granted by another role and revoked `GRANTED BY` this one first")
        })
    }

    /// Databases with something of it.
    fn inside(&self) -> BTreeSet<DatabaseName> {
        let inside = self.of_kind(&[OwnedKind::Object, OwnedKind::Trace]);
        inside.into_iter().filter_map(|owned| owned.database).collect()
    }

    fn departure(&self, fate: OwnedFate) -> Departure {
        let mut databases = self.inside();
        // What is shared can be given away from anywhere.
        if !self.of_kind(&[OwnedKind::Shared]).is_empty() && databases.is_empty() {
            databases.insert(self.question.part.resource.database.clone());
        }
        let members = self.question.observed.members.get(self.name);
        Departure {
            fate,
            owned: self.owned().to_vec(),
            databases: databases.into_iter().collect(),
            sessions: self.remembered.open_sessions,
            members: members.into_iter().flatten().cloned().collect(),
        }
    }
}

fn listed(owned: &[Owned]) -> String {
    let line = |owned: &Owned| match &owned.database {
        Some(database) => format!("  {database}: {}", printable(&owned.description)),
        None => format!("  {}", printable(&owned.description)),
    };
    let mut lines: Vec<String> = owned.iter().take(SHOWN).map(line).collect();
    if owned.len() > SHOWN {
        lines.push(format!("  … and {} more", owned.len() - SHOWN));
    }
    lines.join("\n")
}
