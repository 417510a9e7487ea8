//! Reads the body of a plan in format version 1, proving everything on the way.
//!
//! Not here: the types of the bytes (`format_v1`). Invariant: whatever the bytes say, the
//! result is a plan or an error, never a panic.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ACTIONS, HALVES, HAZARDS, MODES, REASONS, WireDeparture, WireEntryChange, WireEverybody, WireFate,
    WireGrantChange, WireMembershipChange, WireNamedColumn, WireOwnerChange, WirePart, WirePlan, WireReach,
    WireResource, WireRoleChange, WireScope, WireStep, target,
};
use crate::catalog::Membership;
use crate::catalog::format_v1::{Malformed, Reader, kind_of, options_of};
use crate::change::{
    Changes, Departure, EntryChange, GrantChange, MembershipChange, OwnedFate, OwnerChange, Place, RoleChange,
};
use crate::declared::RoleKind;
use crate::diagnostic::Origin;
use crate::name::{Name, ResourceName, SchemaName};
use crate::object::Object;
use crate::observed::{LeftAlone, NamedColumn, Owned, OwnedKind, Scope};
use crate::plan::{
    Hazard, Header, Part, Plan, ResourcePlan, Share, Stages, Statement, Step, Subject, Terms, TransactionPlan,
};
use crate::policy::format_v1 as policy;
use crate::privilege::PrivilegeSet;
use crate::public::{PublicObjects, PublicReach};
use crate::state::Lineage;
use crate::state::format_v1::{read_block, read_identity, read_role, read_schemas, sessions_of};

/// Reads a plan's body; `None` when the bytes are not one.
pub fn read(body: &[u8]) -> Option<Plan> {
    let (wire, rest): (WirePlan, &[u8]) = postcard::take_from_bytes(body).ok()?;
    if !rest.is_empty() {
        return None;
    }
    read_plan(wire, body.len()).ok()
}

fn read_plan(wire: WirePlan, length: usize) -> Result<Plan, Malformed> {
    let reader = Reader::new(wire.pool, length)?;
    let mut resources = BTreeMap::new();
    for (name, resource) in wire.resources {
        let name = ResourceName::new(&name)?;
        resources.insert(name.clone(), read_resource(&reader, &name, resource)?);
    }
    Ok(Plan {
        header: Header {
            created_at: wire.created_at,
            expires_at: wire.expires_at,
            created_by: wire.created_by,
            version: wire.version,
        },
        mode: of_code(&MODES, wire.mode)?,
        lineage: Lineage(wire.lineage),
        serial: wire.serial,
        configuration: wire.configuration,
        resources,
        outputs: wire.outputs.into_iter().collect(),
        terms: Terms {
            signature: wire.terms.signature,
            approvals: wire.terms.approvals,
            signers: wire.terms.signers,
            recipients: wire.terms.recipients,
        },
        policies: all(wire.policies, policy::read)?,
        violations: all(wire.violations, policy::read_violation)?,
    })
}

fn of_code<T: Copy>(known: &[T], code: u8) -> Result<T, Malformed> {
    known.get(usize::from(code)).copied().ok_or(Malformed::Code)
}

/// Reads each of a list.
fn all<W, T>(list: Vec<W>, read: impl Fn(W) -> Result<T, Malformed>) -> Result<Vec<T>, Malformed> {
    list.into_iter().map(read).collect()
}

fn read_resource(
    reader: &Reader,
    name: &ResourceName,
    wire: WireResource,
) -> Result<ResourcePlan, Malformed> {
    let steps = |list: Vec<WireStep>| all(list, |step| read_step(reader, step));
    let hazards =
        all(wire.hazards, |(address, kind)| Ok(Hazard { address, kind: of_code(&HAZARDS, kind)? }))?;
    let transactions = all(wire.transactions, |(database, shared, list)| {
        Ok(TransactionPlan { database: reader.database(database)?, shared, steps: steps(list)? })
    })?;
    let roles = all(wire.recorded, |(name, role)| Ok((reader.role_name(name)?, read_role(reader, role)?)))?;
    let [left_roles, entries, external_entries] = wire.left_alone;
    let owned = all(wire.owned, |(role, count, first)| Ok((reader.role_name(role)?, (count, first))))?;
    let owned = owned.into_iter().collect();
    let grants = all(wire.grants, |change| read_grant(reader, change))?;
    let parts = all(wire.parts, |part| read_part(reader, part, &grants))?;
    Ok(ResourcePlan {
        identity: read_identity(wire.identity),
        target: target::read(name, wire.target)?,
        scope: read_scope(reader, wire.scope)?,
        before: reader.catalog(wire.before)?,
        after: reader.catalog(wire.after)?,
        everybody: all(wire.everybody, |held| read_everybody(reader, held))?.into_iter().collect(),
        changes: Changes {
            roles: all(wire.roles, |change| read_role_change(reader, change))?,
            memberships: all(wire.memberships, |change| read_membership(reader, change))?,
            owners: all(wire.owners, |change| read_owner(reader, change))?,
            grants,
        },
        hazards,
        stages: Stages {
            prepare: steps(wire.prepare)?,
            undo: steps(wire.undo)?,
            parts,
            transactions,
            finish: steps(wire.finish)?,
        },
        roles: roles.into_iter().collect(),
        schemas: read_schemas(reader, wire.schemas)?,
        left_alone: LeftAlone { roles: left_roles, entries, external_entries, owned },
    })
}

fn read_part(reader: &Reader, wire: WirePart, grants: &[GrantChange]) -> Result<Part, Malformed> {
    let shares = all(wire.shares, |(change, from, to)| {
        let share = Share { change: change as usize, from: from as usize, to: to as usize };
        let objects = grants.get(share.change).map(|change| &change.objects).ok_or(Malformed::Number)?;
        objects.get(share.from..share.to).map(|_| share).ok_or(Malformed::Number)
    })?;
    let transaction = TransactionPlan {
        database: reader.database(wire.database)?,
        shared: wire.shared,
        steps: all(wire.steps, |step| read_step(reader, step))?,
    };
    Ok(Part { transaction, half: of_code(&HALVES, wire.half)?, shares })
}

fn read_column(
    reader: &Reader,
    (database, schema, relation, column): WireNamedColumn,
) -> Result<NamedColumn, Malformed> {
    let schema = schema.map(|name| reader.text(name)).transpose()?.map(SchemaName::new);
    let relation = relation.map(|name| reader.text(name)).transpose()?.map(Name::new);
    Ok(NamedColumn {
        database: reader.database(database)?,
        schema: schema.transpose()?,
        relation: relation.transpose()?,
        column: Name::new(reader.text(column)?)?,
    })
}

fn read_scope(reader: &Reader, wire: WireScope) -> Result<Scope, Malformed> {
    let columns = all(wire.columns, |column| read_column(reader, column))?;
    let name = |name| Ok(Name::new(reader.text(name)?)?);
    let (types, parameters) = (all(wire.types, name)?, all(wire.parameters, name)?);
    Ok(Scope {
        managed: all(wire.managed, |name| reader.role_name(name))?.into_iter().collect(),
        leaving: all(wire.leaving, |name| reader.role_name(name))?.into_iter().collect(),
        external: all(wire.external, |name| reader.role_name(name))?.into_iter().collect(),
        public: all(wire.public, |(place, reach)| {
            Ok((read_place(reader, place)?, read_reach(reader, reach)?))
        })?
        .into_iter()
        .collect(),
        schemas: all(wire.schemas, |path| reader.schema_path(path))?.into_iter().collect(),
        databases: all(wire.databases, |name| reader.database(name))?.into_iter().collect(),
        kinds: all(wire.kinds, kind_of)?.into_iter().collect(),
        system_schemas: all(wire.system_schemas, |path| reader.schema_path(path))?.into_iter().collect(),
        types: types.into_iter().collect(),
        columns: columns.into_iter().collect(),
        grantors: all(wire.grantors, |name| reader.role_name(name))?.into_iter().collect(),
        parameters: parameters.into_iter().collect(),
    })
}

fn read_reach(reader: &Reader, wire: WireReach) -> Result<PublicReach, Malformed> {
    let objects = |wire| all(wire, |object| reader.object(object)).map(BTreeSet::from_iter);
    Ok(match wire {
        WireReach::Unresolved => PublicReach::Unresolved,
        WireReach::Objects(selected, returned) => {
            PublicReach::Objects(PublicObjects { selected: objects(selected)?, returned: objects(returned)? })
        }
        WireReach::Recorded(recorded) => PublicReach::Recorded(objects(recorded)?),
    })
}

fn read_place(reader: &Reader, wire: Option<u32>) -> Result<Place, Malformed> {
    wire.map_or(Ok(Place::Shared), |database| Ok(Place::Database(reader.database(database)?)))
}

fn read_everybody(
    reader: &Reader,
    (place, like): WireEverybody,
) -> Result<(Place, BTreeMap<Object, PrivilegeSet>), Malformed> {
    let mut held = BTreeMap::new();
    for (privileges, objects) in like {
        let privileges = PrivilegeSet::from_bits(privileges).ok_or(Malformed::Code)?;
        for object in objects {
            held.insert(reader.object(object)?, privileges);
        }
    }
    Ok((read_place(reader, place)?, held))
}

fn origin(reader: &Reader, wire: Option<(u32, u32)>) -> Result<Option<Origin>, Malformed> {
    wire.map(|(file, line)| Ok(Origin { file: reader.text(file)?.to_owned(), line })).transpose()
}

fn read_role_change(reader: &Reader, wire: WireRoleChange) -> Result<RoleChange, Malformed> {
    Ok(RoleChange {
        address: read_block(reader, wire.address)?,
        name: reader.role_name(wire.name)?,
        renamed_from: wire.renamed_from.map(|name| reader.role_name(name)).transpose()?,
        aside: wire.aside.map(|name| reader.role_name(name)).transpose()?,
        kind: if wire.external { RoleKind::External } else { RoleKind::Managed },
        action: of_code(&ACTIONS, wire.action)?,
        reason: of_code(&REASONS, wire.reason)?,
        before: wire.before.map(|role| reader.role(role)).transpose()?,
        after: wire.after.map(|role| reader.role(role)).transpose()?,
        departure: wire.departure.map(|departure| read_departure(reader, departure)).transpose()?,
        origin: origin(reader, wire.origin)?,
    })
}

fn read_departure(reader: &Reader, wire: WireDeparture) -> Result<Departure, Malformed> {
    let owned = all(wire.owned, |(database, kind, description)| {
        let database = database.map(|database| reader.database(database)).transpose()?;
        Ok(Owned { database, kind: of_code(&OwnedKind::ALL, kind)?, description })
    })?;
    Ok(Departure {
        fate: match wire.fate {
            WireFate::None => OwnedFate::None,
            WireFate::Reassigned(heir) => OwnedFate::Reassigned(reader.role_name(heir)?),
            WireFate::Dropped => OwnedFate::Dropped,
        },
        owned,
        databases: all(wire.databases, |name| reader.database(name))?,
        sessions: sessions_of(wire.terminate_sessions),
        members: all(wire.members, |name| reader.role_name(name))?,
    })
}

fn read_membership(reader: &Reader, wire: WireMembershipChange) -> Result<MembershipChange, Malformed> {
    Ok(MembershipChange {
        address: read_block(reader, wire.address)?,
        membership: Membership {
            member: reader.role_name(wire.member)?,
            role: reader.role_name(wire.role)?,
            grantor: reader.grantor(wire.grantor)?,
        },
        action: of_code(&ACTIONS, wire.action)?,
        reason: of_code(&REASONS, wire.reason)?,
        before: wire.before.map(options_of).transpose()?,
        after: wire.after.map(options_of).transpose()?,
        origin: origin(reader, wire.origin)?,
    })
}

fn read_owner(reader: &Reader, wire: WireOwnerChange) -> Result<OwnerChange, Malformed> {
    Ok(OwnerChange {
        address: read_block(reader, wire.address)?,
        path: reader.schema_path(wire.path)?,
        action: of_code(&ACTIONS, wire.action)?,
        reason: of_code(&REASONS, wire.reason)?,
        before: wire.before.map(|name| reader.role_name(name)).transpose()?,
        after: wire.after.map(|name| reader.role_name(name)).transpose()?,
        origin: origin(reader, wire.origin)?,
    })
}

fn read_grant(reader: &Reader, wire: WireGrantChange) -> Result<GrantChange, Malformed> {
    Ok(GrantChange {
        place: read_place(reader, wire.database)?,
        objects: all(wire.objects, |object| reader.object(object))?,
        entries: all(wire.entries, |entry| read_entry(reader, entry))?,
    })
}

fn read_entry(reader: &Reader, wire: WireEntryChange) -> Result<EntryChange, Malformed> {
    Ok(EntryChange {
        address: read_block(reader, wire.address)?,
        grantee: reader.grantee(wire.grantee)?,
        action: of_code(&ACTIONS, wire.action)?,
        reason: of_code(&REASONS, wire.reason)?,
        before: all(wire.before, |holding| reader.holding(&holding))?,
        after: all(wire.after, |holding| reader.holding(&holding))?,
        origin: origin(reader, wire.origin)?,
    })
}

fn read_step(reader: &Reader, wire: WireStep) -> Result<Step, Malformed> {
    if !wire.sql.is_char_boundary(wire.verifier_at as usize) {
        return Err(Malformed::Number);
    }
    Ok(Step {
        subject: Subject {
            text: reader.text(wire.subject)?.to_owned(),
            origin: origin(reader, wire.origin)?,
        },
        statement: Statement {
            sql: wire.sql,
            verifier_for: wire.verifier_for.map(|name| reader.role_name(name)).transpose()?,
            verifier_at: wire.verifier_at,
        },
    })
}
