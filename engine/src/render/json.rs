//! A plan as Terraform's plan JSON, so that conftest, tf-summarize and Atlantis can read it.
//!
//! `format_version` 1.2 of "JSON Output Format" (Terraform), with what only roleform has
//! under `roleform`. Not here: the shapes of values (`json_values`, `json_own`).
//! Invariant: one address is written at a time; memory does not follow their number.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::change::{Action, EntryChange, GrantChange, MembershipChange, OwnerChange, Reason, RoleChange};
use crate::diagnostic::Origin;
use crate::name::{BlockAddress, ResourceName};
use crate::object::Object;
use crate::plan::{Mode, Plan, ResourcePlan};
use crate::render::Options;
use crate::render::blocks::View;
use crate::render::json_own::Own;
use crate::render::json_values::{Index, Kind, Sensitive, Unknown, Value, word};

/// The version of Terraform's format that this follows.
const FORMAT: &str = "1.2";
/// What Terraform calls the provider.
pub(crate) const PROVIDER: &str = "roleform/postgres";

/// Writes a plan as one JSON document with an end of line. Give it a buffered writer.
pub fn render(plan: &Plan, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, &Document { plan, options })?;
    out.write_all(b"\n")
}

/// The whole document.
struct Document<'a> {
    plan: &'a Plan,
    options: &'a Options,
}

impl Serialize for Document<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let plan = self.plan;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("format_version", FORMAT)?;
        map.serialize_entry("roleform_version", &plan.header.version)?;
        let drift = Changes { plan, view: View::Drift };
        if drift.iter().next().is_some() {
            map.serialize_entry("resource_drift", &drift)?;
        }
        match plan.mode {
            Mode::Normal | Mode::Destroy => {
                map.serialize_entry("resource_changes", &Changes { plan, view: View::Plan })?;
            }
            // Nothing is done about what others changed.
            Mode::RefreshOnly => map.serialize_entry("resource_changes", &[(); 0])?,
        }
        map.serialize_entry("output_changes", &Outputs(plan))?;
        map.serialize_entry("roleform", &Own { plan, options: self.options })?;
        map.serialize_entry("timestamp", &crate::render::json_own::time(plan.header.created_at))?;
        map.serialize_entry("applyable", &!plan.is_noop())?;
        map.serialize_entry("complete", &true)?;
        map.serialize_entry("errored", &false)?;
        map.end()
    }
}

/// `resource_changes` or `resource_drift`, never collected.
struct Changes<'a> {
    plan: &'a Plan,
    view: View,
}

impl Serialize for Changes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'a> Changes<'a> {
    fn iter(&self) -> impl Iterator<Item = ResourceChange<'a>> {
        let view = self.view;
        self.plan.resources.iter().flat_map(move |(name, resource)| of_resource(name, resource, view))
    }
}

fn of_resource<'a>(
    resource: &'a ResourceName,
    plan: &'a ResourcePlan,
    view: View,
) -> impl Iterator<Item = ResourceChange<'a>> {
    let shown = move |reason: Reason| view == View::Plan || reason.is_drift();
    let make = move |what: What<'a>| ResourceChange { resource, what, view };
    let changes = &plan.changes;
    let roles = changes.roles.iter().filter(move |change| shown(change.reason)).map(What::Role);
    let memberships =
        changes.memberships.iter().filter(move |change| shown(change.reason)).map(What::Membership);
    let owners = changes.owners.iter().filter(move |change| shown(change.reason)).map(What::Schema);
    let grants = changes.grants.iter().flat_map(move |change| {
        let entries = change.entries.iter().filter(move |entry| shown(entry.reason));
        entries.flat_map(move |entry| {
            change.objects.iter().map(move |object| What::Grant(change, entry, object))
        })
    });
    roles.chain(memberships).chain(owners).chain(grants).map(make)
}

/// One address.
#[derive(Clone, Copy)]
pub(crate) enum What<'a> {
    /// A role.
    Role(&'a RoleChange),
    /// A membership.
    Membership(&'a MembershipChange),
    /// Whose a schema is.
    Schema(&'a OwnerChange),
    /// What one grantee holds on one object.
    Grant(&'a GrantChange, &'a EntryChange, &'a Object),
}

/// One element of `resource_changes`.
struct ResourceChange<'a> {
    resource: &'a ResourceName,
    what: What<'a>,
    view: View,
}

impl<'a> What<'a> {
    fn address(self) -> String {
        match self {
            What::Role(change) => change.address.to_string(),
            What::Membership(change) => change.address_text(),
            What::Schema(change) => change.address_text(),
            What::Grant(change, entry, object) => change.address_of(entry, object),
        }
    }

    fn block(self) -> &'a BlockAddress {
        match self {
            What::Role(change) => &change.address,
            What::Membership(change) => &change.address,
            What::Schema(change) => &change.address,
            What::Grant(_, entry, _) => &entry.address,
        }
    }

    fn fate(self) -> (Action, Reason, Option<&'a Origin>) {
        match self {
            What::Role(change) => (change.action, change.reason, change.origin.as_ref()),
            What::Membership(change) => (change.action, change.reason, change.origin.as_ref()),
            What::Schema(change) => (change.action, change.reason, change.origin.as_ref()),
            What::Grant(_, entry, _) => (entry.action, entry.reason, entry.origin.as_ref()),
        }
    }
}

impl Serialize for ResourceChange<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let block = self.what.block();
        let (_, reason, origin) = self.what.fate();
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("address", &self.what.address())?;
        if !block.modules.is_empty() {
            let path: Vec<String> = block.modules.iter().map(|module| format!("module.{module}")).collect();
            map.serialize_entry("module_address", &path.join("."))?;
        }
        map.serialize_entry("mode", "managed")?;
        map.serialize_entry("type", Kind::of(self.what).word())?;
        map.serialize_entry("name", &*block.label)?;
        if let Some(index) = Index::of(self.what) {
            map.serialize_entry("index", &index)?;
        }
        map.serialize_entry("provider_name", PROVIDER)?;
        map.serialize_entry("change", &Change(self))?;
        if let (View::Plan, Some(word)) = (self.view, word(reason)) {
            map.serialize_entry("action_reason", word)?;
        }
        // What only roleform has; readers of Terraform's format skip it.
        map.serialize_entry("resource", self.resource.as_str())?;
        if let Some(origin) = origin {
            map.serialize_entry("declared_at", &origin.to_string())?;
        }
        map.end()
    }
}

/// The element's `change`.
struct Change<'a>(&'a ResourceChange<'a>);

impl Serialize for Change<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ResourceChange { resource, what, view } = *self.0;
        let (action, ..) = what.fate();
        // What is forgotten is of no value any more, whatever becomes of it on the server.
        let desired = Value::after(resource, what).filter(|_| action != Action::Forget);
        let (before, after) = view.ends(Value::before(resource, what), desired);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("actions", &[actions(view.action(action))])?;
        map.serialize_entry("before", &before)?;
        map.serialize_entry("after", &after)?;
        map.serialize_entry("after_unknown", &Unknown(after.as_ref()))?;
        map.serialize_entry("before_sensitive", &Sensitive(before.as_ref()))?;
        map.serialize_entry("after_sensitive", &Sensitive(after.as_ref()))?;
        if let Some(id) = imported(what) {
            map.serialize_entry("importing", &std::collections::BTreeMap::from([("id", id)]))?;
        }
        map.end()
    }
}

/// What is taken over, if it is.
fn imported(what: What<'_>) -> Option<String> {
    let (Action::Adopt, Reason::AlreadySo, _) = what.fate() else { return None };
    match what {
        What::Role(change) => Some(change.name.as_str().to_owned()),
        What::Schema(change) => Some(change.path.to_string()),
        What::Membership(_) | What::Grant(..) => None,
    }
}

fn actions(action: Action) -> &'static str {
    match action {
        // An adopted role is a no-op that is being imported, as in Terraform.
        Action::NoOp | Action::Adopt => "no-op",
        Action::Create => "create",
        Action::Update => "update",
        Action::Delete => "delete",
        Action::Forget => "forget",
    }
}

/// `output_changes`. A plan knows the values to come and not those before.
struct Outputs<'a>(&'a Plan);

impl Serialize for Outputs<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.outputs.iter().map(|(name, value)| (name, Output(value.as_deref()))))
    }
}

struct Output<'a>(Option<&'a str>);

impl Serialize for Output<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("actions", &["create"])?;
        map.serialize_entry("before", &())?;
        let value = self.0.map(serde_json::from_str::<&RawValue>).transpose();
        map.serialize_entry("after", &value.map_err(serde::ser::Error::custom)?)?;
        map.serialize_entry("after_unknown", &false)?;
        map.serialize_entry("before_sensitive", &false)?;
        map.serialize_entry("after_sensitive", &self.0.is_none())?;
        map.end()
    }
}
