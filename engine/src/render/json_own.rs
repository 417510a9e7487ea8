//! What plan JSON has under `roleform`: identity, access in effect, hazards, statements.
//!
//! Not here: Terraform's part (`json`). Invariant: statements as the text shows them, with a
//! mark where apply puts a verifier; nothing here grows with the number of grants but the
//! statements themselves and hazards.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::access::extent::Extent;
use crate::access::{Access, Effect, RoleAccess, Roles, Turn};
use crate::acl::Grantee;
use crate::change::Place;
use crate::name::{ResourceName, RoleName};
use crate::plan::summary::Summary;
use crate::plan::{Hazard, Plan, ResourcePlan, Step};
use crate::render::Options;
use crate::render::json_policy;
use crate::render::json_values::Privileges;

/// The object under `roleform`.
pub(crate) struct Own<'a> {
    /// The plan.
    pub(crate) plan: &'a Plan,
    /// Its id, when it is known, and who signed it.
    pub(crate) options: &'a Options,
}

/// Microseconds since 1970 as RFC 3339 in UTC; the number itself when no calendar has it.
pub(crate) fn time(microseconds: i64) -> String {
    match jiff::Timestamp::from_microsecond(microseconds) {
        Ok(time) => time.to_string(),
        Err(_) => microseconds.to_string(),
    }
}

impl Serialize for Own<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plan = self.plan;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("plan_id", &self.options.id)?;
        map.serialize_entry("lineage", &plan.lineage.to_string())?;
        map.serialize_entry("serial", &plan.serial)?;
        map.serialize_entry("created_at", &time(plan.header.created_at))?;
        map.serialize_entry("expires_at", &time(plan.header.expires_at))?;
        map.serialize_entry("created_by", &plan.header.created_by)?;
        map.serialize_entry("summary", &Sums(plan.summary()))?;
        map.serialize_entry("resources", &Resources(plan))?;
        map.serialize_entry("access", &Everybody(plan))?;
        let hazards = plan
            .resources
            .iter()
            .flat_map(|(name, resource)| resource.hazards.iter().map(move |hazard| OneHazard(name, hazard)));
        map.serialize_entry("policies", &json_policy::policies(plan))?;
        map.serialize_entry("terms", &json_policy::terms(&plan.terms))?;
        map.serialize_entry("signatures", &json_policy::signatures(&self.options.signatories))?;
        map.serialize_entry("hazards", &Sequence(std::cell::RefCell::new(hazards)))?;
        let statements = plan.resources.iter().flat_map(|(name, resource)| statements(name, resource));
        map.serialize_entry("statements", &Sequence(std::cell::RefCell::new(statements)))?;
        map.end()
    }
}

/// An iterator as a list, written as it goes.
struct Sequence<I>(std::cell::RefCell<I>);

impl<I: Iterator<Item: Serialize>> Serialize for Sequence<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(&mut *self.0.borrow_mut())
    }
}

struct Sums(Summary);

impl Serialize for Sums {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Summary { import, add, change, destroy, adopt, forget } = self.0;
        serializer.collect_map([
            ("import", import),
            ("add", add),
            ("change", change),
            ("destroy", destroy),
            ("adopt", adopt),
            ("forget", forget),
        ])
    }
}

/// The servers, by label.
struct Resources<'a>(&'a Plan);

impl Serialize for Resources<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.resources.iter().map(|(name, plan)| (name.as_str(), Server(plan))))
    }
}

struct Server<'a>(&'a ResourcePlan);

impl Serialize for Server<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let (identity, left) = (&self.0.identity, &self.0.left_alone);
        map.serialize_entry("address", &identity.address)?;
        // As text: the number needs more bits than many JSON readers have.
        map.serialize_entry("system_identifier", &identity.system_identifier.map(|id| id.to_string()))?;
        map.serialize_entry("server_version_num", &identity.version)?;
        map.serialize_entry("summary", &Sums(Summary::of(&self.0.changes)))?;
        let owned: std::collections::BTreeMap<&str, &Vec<String>> =
            left.owned.iter().map(|(role, (_, first))| (role.as_str(), first)).collect();
        let left =
            [("roles", left.roles), ("entries", left.entries), ("external_entries", left.external_entries)];
        map.serialize_entry("left_alone", &std::collections::BTreeMap::from(left))?;
        if !owned.is_empty() {
            map.serialize_entry("owned", &owned)?;
        }
        map.end()
    }
}

struct OneHazard<'a>(&'a ResourceName, &'a Hazard);

impl Serialize for OneHazard<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let kind = self.1.kind;
        let text = format!("{}: {}", kind.title(), kind.meaning());
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("resource", self.0.as_str())?;
        map.serialize_entry("address", &self.1.address)?;
        map.serialize_entry("kind", kind.word())?;
        map.serialize_entry("text", &text)?;
        map.end()
    }
}

/// A statement, where it runs, and when.
struct OneStatement<'a> {
    resource: &'a ResourceName,
    stage: &'static str,
    database: Option<&'a str>,
    step: &'a Step,
}

fn statements<'a>(
    resource: &'a ResourceName,
    plan: &'a ResourcePlan,
) -> impl Iterator<Item = OneStatement<'a>> {
    let stages = &plan.stages;
    let make = move |stage, database, step| OneStatement { resource, stage, database, step };
    let prepare = stages.prepare.iter().map(move |step| make("prepare", None, step));
    let undo = stages.undo.iter().map(move |step| make("undo", None, step));
    let parts = stages.parts.iter().map(|part| ("part", &part.transaction));
    let held = stages.transactions.iter().map(|transaction| ("transaction", transaction));
    let transactions = parts.chain(held).flat_map(move |(stage, transaction)| {
        let database = Some(transaction.database.as_str());
        transaction.steps.iter().map(move |step| make(stage, database, step))
    });
    let finish = stages.finish.iter().map(move |step| make("finish", None, step));
    prepare.chain(undo).chain(transactions).chain(finish)
}

impl Serialize for OneStatement<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("resource", self.resource.as_str())?;
        map.serialize_entry("stage", self.stage)?;
        if let Some(database) = self.database {
            map.serialize_entry("database", database)?;
        }
        map.serialize_entry("subject", &self.step.subject.text)?;
        if let Some(origin) = &self.step.subject.origin {
            map.serialize_entry("declared_at", &origin.to_string())?;
        }
        map.serialize_entry("sql", &self.step.statement.display())?;
        map.end()
    }
}

/// `access`: one element per server and role.
struct Everybody<'a>(&'a Plan);

impl Serialize for Everybody<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let roles = self.0.resources.iter().flat_map(|(name, plan)| {
            let access = Access::of(plan);
            access.roles.into_iter().map(move |(grantee, role)| OneRole { resource: name, grantee, role })
        });
        serializer.collect_seq(roles)
    }
}

struct OneRole<'a> {
    resource: &'a ResourceName,
    grantee: Grantee,
    role: RoleAccess,
}

impl Serialize for OneRole<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let role = &self.role;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("resource", self.resource.as_str())?;
        match &self.grantee {
            Grantee::Public => map.serialize_entry("public", &true)?,
            Grantee::Role(name) => map.serialize_entry("role", name.as_str())?,
        }
        for (key, turn) in [("exists", role.existence), ("login", role.login), ("superuser", role.superuser)]
        {
            match turn {
                Turn::Same => {}
                Turn::Gained => map.serialize_entry(key, "gained")?,
                Turn::Lost => map.serialize_entry(key, "lost")?,
            }
        }
        map.serialize_entry("gains", &Side { role, turn: Turn::Gained })?;
        map.serialize_entry("losses", &Side { role, turn: Turn::Lost })?;
        map.end()
    }
}

/// What is gained, or what is lost.
struct Side<'a> {
    role: &'a RoleAccess,
    turn: Turn,
}

impl<'a> Serialize for Side<'a> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = |roles: &std::collections::BTreeSet<RoleName>| -> Vec<String> {
            roles.iter().map(|role| role.as_str().to_owned()).collect()
        };
        let one_side = |roles: &'a Roles| match self.turn {
            Turn::Lost => names(&roles.lost),
            Turn::Gained | Turn::Same => names(&roles.gained),
        };
        let effects = self.role.effects.iter().filter(|(effect, _)| effect.turn == self.turn);
        let effects: Vec<OneEffect<'_>> = effects.map(|(effect, extent)| OneEffect(effect, extent)).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("privileges", &effects)?;
        map.serialize_entry("all_of_roles", &one_side(&self.role.roles))?;
        map.serialize_entry("all_owned_by", &one_side(&self.role.owners))?;
        map.serialize_entry("set_role", &one_side(&self.role.set_role))?;
        map.end()
    }
}

struct OneEffect<'a>(&'a Effect, &'a Extent);

impl Serialize for OneEffect<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let OneEffect(effect, extent) = self;
        let through: Vec<&str> = effect.through.iter().map(|role| role.as_str()).collect();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("object_kind", effect.kind.singular())?;
        map.serialize_entry("privileges", &Privileges(effect.privileges))?;
        map.serialize_entry("through", &through)?;
        map.serialize_entry("objects", &extent.count)?;
        map.serialize_entry("places", &Places(extent))?;
        map.end()
    }
}

/// Number of objects by database and schema.
struct Places<'a>(&'a Extent);

impl Serialize for Places<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let places = self.0.places.iter().flat_map(|(place, schemas)| {
            schemas.iter().map(move |(schema, count)| {
                let database = match place {
                    Place::Shared => None,
                    Place::Database(database) => Some(database.as_str()),
                };
                OnePlace { database, schema: schema.as_ref().map(|schema| schema.as_str()), objects: *count }
            })
        });
        serializer.collect_seq(places)
    }
}

#[derive(serde::Serialize)]
struct OnePlace<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    database: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<&'a str>,
    objects: u64,
}
