//! `member_of` and `source_role`: roles by reference, by name, or with options.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::edit::structure::Block;

use super::reading::{Read, Reading};
use super::{role_name, role_value};
use crate::code::Code;
use crate::config::value::convert::convert;
use crate::config::value::types::{Type, type_of};
use crate::config::value::{Data, Reference, Value};
use crate::declared::DeclaredMembership;
use crate::diagnostic::nearest;

const OPTIONS: &[&str] = &["role", "admin", "inherit", "set", "granted_by"];

/// The memberships in an argument: one role or a list of them.
pub(super) fn memberships(
    reading: &mut Reading<'_>,
    block: &Block,
    name: &str,
) -> Option<Vec<DeclaredMembership>> {
    let read = reading.open(block, name)?;
    let single = matches!(read.value.data, Data::String(_) | Data::Reference(_)) && name == "source_role";
    let elements = if single { vec![read] } else { reading.elements_of(block, name, &read)? };
    Some(elements.iter().filter_map(|element| membership(reading, element)).collect())
}

fn membership(reading: &mut Reading<'_>, element: &Read<Value>) -> Option<DeclaredMembership> {
    let plain = |(role, block)| DeclaredMembership {
        role,
        block,
        admin: false,
        inherit: None,
        set: true,
        granted_by: None,
        span: element.span.clone(),
    };
    let Data::Object(options) = &element.value.data else { return role(reading, element).map(plain) };
    if let Some(wrong) = options.keys().find(|key| !OPTIONS.contains(&key.as_ref())) {
        let near = nearest(wrong, OPTIONS.iter().copied());
        let meant = near.map(|near| format!(" Did you mean \"{near}\"?")).unwrap_or_default();
        let detail = format!(
            "A membership has no option \"{wrong}\"; it has role, admin, inherit, set and granted_by.{meant}"
        );
        reading.error(Code::CFG003, "Unsupported option of a membership", detail, &element.span);
        return None;
    }
    let Some(named) = options.get("role") else {
        let detail = "A membership with options needs \"role\": { role = role.x, admin = true }.";
        reading.error(Code::CFG004, "Missing option of a membership", detail, &element.span);
        return None;
    };
    let found = role(reading, &Read { value: named.clone(), span: element.span.clone() })?;
    let admin = option(reading, element, options, "admin")?.unwrap_or(false);
    let inherit = option(reading, element, options, "inherit")?;
    let set = option(reading, element, options, "set")?.unwrap_or(true);
    let grantor = options.get("granted_by").filter(|value| !value.is_null()).map(|value| {
        let read = Read { value: value.clone(), span: element.span.clone() };
        role_value(reading, &read, "The grantor")
    });
    let granted_by = match grantor {
        Some(grantor) => Some(grantor?),
        None => None,
    };
    Some(DeclaredMembership { admin, inherit, set, granted_by, ..plain(found) })
}

/// A truth value among the options; the outer `None` means that it is wrong.
fn option(
    reading: &mut Reading<'_>,
    element: &Read<Value>,
    options: &BTreeMap<Arc<str>, Value>,
    name: &str,
) -> Option<Option<bool>> {
    let Some(value) = options.get(name).filter(|value| !value.is_null()) else { return Some(None) };
    match convert(value, &Type::Bool).map(|value| value.data) {
        Ok(Data::Bool(value)) => Some(Some(value)),
        _ => {
            let detail = format!("The option \"{name}\" of a membership must be true or false.");
            reading.error(Code::CFG021, "Incorrect option of a membership", detail, &element.span);
            None
        }
    }
}

pub(super) type Named = (crate::name::RoleName, Option<crate::name::BlockAddress>);

/// A role by reference or by its name in PostgreSQL.
pub(super) fn role(reading: &mut Reading<'_>, element: &Read<Value>) -> Option<Named> {
    match &element.value.data {
        Data::String(text) => Some((role_name(reading, text, &element.span)?, None)),
        Data::Reference(reference) => match reference.as_ref() {
            Reference::Role { address, name } => {
                Some((role_name(reading, name, &element.span)?, Some(address.clone())))
            }
            Reference::Server { label } => {
                let detail = format!("postgres.{label} is a resource; a role is needed here.");
                reading.error(Code::CFG021, "Not a role", detail, &element.span);
                None
            }
        },
        _ => {
            let kind = type_of(&element.value).friendly();
            let hint = if kind == "object" || kind == "tuple" {
                " A role with for_each or count is named by instance, like role.x[\"key\"]; values(role.x) gives all."
            } else {
                ""
            };
            let detail = format!(
                "A role is needed here, as role.label or as the name of a role in PostgreSQL, and this is a value of type {kind}.{hint}"
            );
            reading.error(Code::CFG021, "Not a role", detail, &element.span);
            None
        }
    }
}
