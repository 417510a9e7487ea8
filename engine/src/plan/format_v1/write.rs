//! Writes the body of a plan in format version 1.
//!
//! Not here: the types of the bytes (`format_v1`). Invariant: equal plans give equal bytes.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    ACTIONS, HALVES, HAZARDS, MODES, REASONS, WireDeparture, WireEntryChange, WireEverybody, WireFate,
    WireGrantChange, WireMembershipChange, WireNamedColumn, WireOwnerChange, WirePart, WirePlan, WireReach,
    WireResource, WireRoleChange, WireScope, WireStep, WireTerms, target,
};
use crate::catalog::format_v1::{Writer, kind_code, option_bits};
use crate::change::{
    Departure, EntryChange, GrantChange, MembershipChange, OwnedFate, OwnerChange, Place, RoleChange,
};
use crate::declared::{OpenSessions, RoleKind};
use crate::diagnostic::Origin;
use crate::object::Object;
use crate::observed::{NamedColumn, OwnedKind, Scope};
use crate::plan::{Part, Plan, ResourcePlan, Share, Step};
use crate::policy::format_v1 as policy;
use crate::privilege::PrivilegeSet;
use crate::public::PublicReach;
use crate::state::format_v1::{write_block, write_identity, write_role, write_schemas};

/// Writes a plan's body.
pub fn write(plan: &Plan) -> Vec<u8> {
    let mut writer = Writer::default();
    let resources = plan.resources.iter();
    let resources =
        resources.map(|(name, resource)| (name.to_string(), write_resource(&mut writer, resource))).collect();
    let wire = WirePlan {
        created_at: plan.header.created_at,
        expires_at: plan.header.expires_at,
        created_by: plan.header.created_by.clone(),
        version: plan.header.version.clone(),
        mode: code(&MODES, &plan.mode),
        lineage: plan.lineage.0,
        serial: plan.serial,
        configuration: plan.configuration,
        terms: WireTerms {
            signature: plan.terms.signature,
            approvals: plan.terms.approvals,
            signers: plan.terms.signers.clone(),
            recipients: plan.terms.recipients.clone(),
        },
        policies: plan.policies.iter().map(policy::write).collect(),
        violations: plan.violations.iter().map(policy::write_violation).collect(),
        outputs: plan.outputs.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        resources,
        pool: writer.finish(),
    };
    // Encoding into memory has no way to fail.
    postcard::to_allocvec(&wire).unwrap_or_default()
}

fn code<T: PartialEq>(known: &[T], value: &T) -> u8 {
    let place = known.iter().position(|one| one == value).unwrap_or(usize::MAX);
    u8::try_from(place).unwrap_or(u8::MAX)
}

fn write_resource(writer: &mut Writer, plan: &ResourcePlan) -> WireResource {
    let steps =
        |writer: &mut Writer, steps: &[Step]| steps.iter().map(|step| write_step(writer, step)).collect();
    WireResource {
        identity: write_identity(&plan.identity),
        target: target::write(&plan.target),
        scope: write_scope(writer, &plan.scope),
        before: writer.catalog(&plan.before),
        after: writer.catalog(&plan.after),
        everybody: plan.everybody.iter().map(|held| write_everybody(writer, held)).collect(),
        roles: plan.changes.roles.iter().map(|change| write_role_change(writer, change)).collect(),
        memberships: plan.changes.memberships.iter().map(|change| write_membership(writer, change)).collect(),
        owners: plan.changes.owners.iter().map(|change| write_owner(writer, change)).collect(),
        grants: plan.changes.grants.iter().map(|change| write_grant(writer, change)).collect(),
        hazards: plan.hazards.iter().map(|h| (h.address.clone(), code(&HAZARDS, &h.kind))).collect(),
        prepare: steps(writer, &plan.stages.prepare),
        undo: steps(writer, &plan.stages.undo),
        parts: plan.stages.parts.iter().map(|part| write_part(writer, part)).collect(),
        transactions: plan
            .stages
            .transactions
            .iter()
            .map(|one| (writer.name(one.database.as_str()), one.shared, steps(writer, &one.steps)))
            .collect(),
        finish: steps(writer, &plan.stages.finish),
        recorded: plan
            .roles
            .iter()
            .map(|(name, role)| (writer.name(name.as_str()), write_role(writer, role)))
            .collect(),
        schemas: write_schemas(writer, &plan.schemas),
        left_alone: [plan.left_alone.roles, plan.left_alone.entries, plan.left_alone.external_entries],
        owned: plan
            .left_alone
            .owned
            .iter()
            .map(|(role, (count, first))| (writer.name(role.as_str()), *count, first.clone()))
            .collect(),
    }
}

fn write_part(writer: &mut Writer, part: &Part) -> WirePart {
    // A plan has no four thousand million objects.
    let number = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
    let share = |share: &Share| (number(share.change), number(share.from), number(share.to));
    WirePart {
        database: writer.name(part.transaction.database.as_str()),
        shared: part.transaction.shared,
        half: code(&HALVES, &part.half),
        shares: part.shares.iter().map(share).collect(),
        steps: part.transaction.steps.iter().map(|step| write_step(writer, step)).collect(),
    }
}

fn write_scope(writer: &mut Writer, scope: &Scope) -> WireScope {
    WireScope {
        managed: scope.managed.iter().map(|name| writer.name(name.as_str())).collect(),
        leaving: scope.leaving.iter().map(|name| writer.name(name.as_str())).collect(),
        external: scope.external.iter().map(|name| writer.name(name.as_str())).collect(),
        public: scope
            .public
            .iter()
            .map(|(place, reach)| (write_place(writer, place), write_reach(writer, reach)))
            .collect(),
        schemas: scope.schemas.iter().map(|path| writer.schema_path(path)).collect(),
        databases: scope.databases.iter().map(|name| writer.name(name.as_str())).collect(),
        kinds: scope.kinds.iter().map(|kind| kind_code(*kind)).collect(),
        system_schemas: scope.system_schemas.iter().map(|path| writer.schema_path(path)).collect(),
        types: scope.types.iter().map(|name| writer.name(name.as_str())).collect(),
        columns: scope.columns.iter().map(|column| write_column(writer, column)).collect(),
        grantors: scope.grantors.iter().map(|name| writer.name(name.as_str())).collect(),
        parameters: scope.parameters.iter().map(|name| writer.name(name.as_str())).collect(),
    }
}

fn write_column(writer: &mut Writer, named: &NamedColumn) -> WireNamedColumn {
    let schema = named.schema.as_ref().map(|name| writer.name(name.as_str()));
    let relation = named.relation.as_ref().map(|name| writer.name(name.as_str()));
    (writer.name(named.database.as_str()), schema, relation, writer.name(named.column.as_str()))
}

fn write_place(writer: &mut Writer, place: &Place) -> Option<u32> {
    match place {
        Place::Shared => None,
        Place::Database(database) => Some(writer.name(database.as_str())),
    }
}

fn write_reach(writer: &mut Writer, reach: &PublicReach) -> WireReach {
    let mut all = |objects: &BTreeSet<Object>| objects.iter().map(|object| writer.object(object)).collect();
    match reach {
        PublicReach::Unresolved => WireReach::Unresolved,
        PublicReach::Objects(objects) => WireReach::Objects(all(&objects.selected), all(&objects.returned)),
        PublicReach::Recorded(objects) => WireReach::Recorded(all(objects)),
    }
}

fn write_everybody(
    writer: &mut Writer,
    (place, objects): (&Place, &BTreeMap<Object, PrivilegeSet>),
) -> WireEverybody {
    let mut like: BTreeMap<PrivilegeSet, Vec<u32>> = BTreeMap::new();
    for (object, privileges) in objects {
        like.entry(*privileges).or_default().push(writer.object(object));
    }
    let like = like.into_iter().map(|(privileges, objects)| (privileges.bits(), objects)).collect();
    (write_place(writer, place), like)
}

fn origin(writer: &mut Writer, origin: Option<&Origin>) -> Option<(u32, u32)> {
    origin.map(|origin| (writer.name(&origin.file), origin.line))
}

fn write_role_change(writer: &mut Writer, change: &RoleChange) -> WireRoleChange {
    WireRoleChange {
        address: write_block(writer, &change.address),
        name: writer.name(change.name.as_str()),
        renamed_from: change.renamed_from.as_ref().map(|name| writer.name(name.as_str())),
        aside: change.aside.as_ref().map(|name| writer.name(name.as_str())),
        external: change.kind == RoleKind::External,
        action: code(&ACTIONS, &change.action),
        reason: code(&REASONS, &change.reason),
        before: change.before.as_ref().map(|role| writer.role(role)),
        after: change.after.as_ref().map(|role| writer.role(role)),
        departure: change.departure.as_ref().map(|departure| write_departure(writer, departure)),
        origin: origin(writer, change.origin.as_ref()),
    }
}

fn write_departure(writer: &mut Writer, departure: &Departure) -> WireDeparture {
    let owned = departure.owned.iter().map(|owned| {
        let database = owned.database.as_ref().map(|database| writer.name(database.as_str()));
        (database, code(&OwnedKind::ALL, &owned.kind), owned.description.clone())
    });
    WireDeparture {
        owned: owned.collect(),
        fate: match &departure.fate {
            OwnedFate::None => WireFate::None,
            OwnedFate::Reassigned(heir) => WireFate::Reassigned(writer.name(heir.as_str())),
            OwnedFate::Dropped => WireFate::Dropped,
        },
        databases: departure.databases.iter().map(|name| writer.name(name.as_str())).collect(),
        terminate_sessions: departure.sessions == OpenSessions::Terminate,
        members: departure.members.iter().map(|name| writer.name(name.as_str())).collect(),
    }
}

fn write_membership(writer: &mut Writer, change: &MembershipChange) -> WireMembershipChange {
    WireMembershipChange {
        address: write_block(writer, &change.address),
        member: writer.name(change.membership.member.as_str()),
        role: writer.name(change.membership.role.as_str()),
        grantor: writer.grantor(&change.membership.grantor),
        action: code(&ACTIONS, &change.action),
        reason: code(&REASONS, &change.reason),
        before: change.before.map(option_bits),
        after: change.after.map(option_bits),
        origin: origin(writer, change.origin.as_ref()),
    }
}

fn write_owner(writer: &mut Writer, change: &OwnerChange) -> WireOwnerChange {
    WireOwnerChange {
        address: write_block(writer, &change.address),
        path: writer.schema_path(&change.path),
        action: code(&ACTIONS, &change.action),
        reason: code(&REASONS, &change.reason),
        before: change.before.as_ref().map(|role| writer.name(role.as_str())),
        after: change.after.as_ref().map(|role| writer.name(role.as_str())),
        origin: origin(writer, change.origin.as_ref()),
    }
}

fn write_grant(writer: &mut Writer, change: &GrantChange) -> WireGrantChange {
    WireGrantChange {
        database: write_place(writer, &change.place),
        objects: change.objects.iter().map(|object| writer.object(object)).collect(),
        entries: change.entries.iter().map(|entry| write_entry(writer, entry)).collect(),
    }
}

fn write_entry(writer: &mut Writer, entry: &EntryChange) -> WireEntryChange {
    WireEntryChange {
        address: write_block(writer, &entry.address),
        grantee: writer.grantee(&entry.grantee),
        action: code(&ACTIONS, &entry.action),
        reason: code(&REASONS, &entry.reason),
        before: entry.before.iter().map(|holding| writer.holding(holding)).collect(),
        after: entry.after.iter().map(|holding| writer.holding(holding)).collect(),
        origin: origin(writer, entry.origin.as_ref()),
    }
}

fn write_step(writer: &mut Writer, step: &Step) -> WireStep {
    WireStep {
        subject: writer.name(&step.subject.text),
        origin: origin(writer, step.subject.origin.as_ref()),
        sql: step.statement.sql.clone(),
        verifier_for: step.statement.verifier_for.as_ref().map(|name| writer.name(name.as_str())),
        verifier_at: step.statement.verifier_at,
    }
}
