//! Policies and what they found as bytes, format version 1.
//!
//! Not here: the plan around them (`plan::format_v1`). Invariant: as there: what is here never
//! changes, equal values give equal bytes, and whatever bytes say, the result is a value or an
//! error.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::catalog::format_v1::Malformed;
use crate::declared::Patterns;
use crate::diagnostic::Origin;
use crate::name::ResourceName;
use crate::policy::{Attribute, Counted, Enforcement, Extent, Policy, Rule, Says, To, Violation, What};
use crate::privilege::PrivilegeSet;

/// Twin of `Policy`.
#[derive(Serialize, Deserialize)]
pub struct WirePolicy {
    name: String,
    description: Option<String>,
    warn: bool,
    resources: Vec<String>,
    rules: Vec<(String, u32, WireSays)>,
}

/// Twin of `Violation`.
#[derive(Serialize, Deserialize)]
pub struct WireViolation {
    policy: u32,
    rule: u32,
    resource: Option<String>,
    address: String,
    others: u64,
    detail: String,
    origin: Option<(String, u32)>,
}

#[derive(Serialize, Deserialize)]
enum WireSays {
    NoAttribute(WirePatterns, Vec<u8>),
    NoMember(WirePatterns, WirePatterns),
    NoGrant(WireTo, bool, u16, WireExtent),
    OnlyGrant(WireTo, u16, WireExtent),
    Protect(WirePatterns),
    Limit(u8, u64),
}

#[derive(Serialize, Deserialize)]
enum WireTo {
    Anyone,
    Public,
    Roles(WirePatterns),
}

type WirePatterns = (Vec<String>, Vec<String>);
type WireExtent = [Option<WirePatterns>; 3];

/// Writes a policy.
pub fn write(policy: &Policy) -> WirePolicy {
    let rule = |rule: &Rule| (rule.origin.file.clone(), rule.origin.line, write_says(&rule.says));
    WirePolicy {
        name: policy.name.clone(),
        description: policy.description.clone(),
        warn: policy.enforcement == Enforcement::Warn,
        resources: policy.resources.iter().map(ToString::to_string).collect(),
        rules: policy.rules.iter().map(rule).collect(),
    }
}

/// Reads a policy.
pub fn read(wire: WirePolicy) -> Result<Policy, Malformed> {
    let resources = wire.resources.iter().map(|name| Ok(ResourceName::new(name)?));
    let rules = wire
        .rules
        .into_iter()
        .map(|(file, line, says)| Ok(Rule { origin: Origin { file, line }, says: read_says(says)? }));
    Ok(Policy {
        name: wire.name,
        description: wire.description,
        enforcement: if wire.warn { Enforcement::Warn } else { Enforcement::Deny },
        resources: resources.collect::<Result<_, Malformed>>()?,
        rules: rules.collect::<Result<_, Malformed>>()?,
    })
}

/// Writes what was found.
pub fn write_violation(found: &Violation) -> WireViolation {
    WireViolation {
        policy: found.policy,
        rule: found.rule,
        resource: found.resource.as_ref().map(ToString::to_string),
        address: found.address.clone(),
        others: found.others,
        detail: found.detail.clone(),
        origin: found.origin.as_ref().map(|origin| (origin.file.clone(), origin.line)),
    }
}

/// Reads what was found.
pub fn read_violation(wire: WireViolation) -> Result<Violation, Malformed> {
    Ok(Violation {
        policy: wire.policy,
        rule: wire.rule,
        resource: wire.resource.map(|name| ResourceName::new(&name)).transpose()?,
        address: wire.address,
        others: wire.others,
        detail: wire.detail,
        origin: wire.origin.map(|(file, line)| Origin { file, line }),
    })
}

fn write_says(says: &Says) -> WireSays {
    match says {
        Says::NoAttribute { roles, attributes } => WireSays::NoAttribute(
            write_patterns(roles),
            attributes.iter().map(|attribute| place(Attribute::ALL, attribute)).collect(),
        ),
        Says::NoMember { roles, of } => WireSays::NoMember(write_patterns(roles), write_patterns(of)),
        Says::NoGrant { to, what, on } => {
            let (option, privileges) = match what {
                What::Privileges(privileges) => (false, privileges),
                What::GrantOption(privileges) => (true, privileges),
            };
            WireSays::NoGrant(write_to(to), option, privileges.bits(), write_extent(on))
        }
        Says::OnlyGrant { to, privileges, on } => {
            WireSays::OnlyGrant(write_to(to), privileges.bits(), write_extent(on))
        }
        Says::Protect { roles } => WireSays::Protect(write_patterns(roles)),
        Says::Limit { of, most } => WireSays::Limit(place(Counted::ALL, of), *most),
    }
}

fn read_says(wire: WireSays) -> Result<Says, Malformed> {
    let set = |bits| PrivilegeSet::from_bits(bits).ok_or(Malformed::Code);
    Ok(match wire {
        WireSays::NoAttribute(roles, attributes) => {
            let attributes = attributes.into_iter().map(|code| at(Attribute::ALL, code));
            Says::NoAttribute {
                roles: read_patterns(roles),
                attributes: attributes.collect::<Result<BTreeSet<_>, Malformed>>()?,
            }
        }
        WireSays::NoMember(roles, of) => {
            Says::NoMember { roles: read_patterns(roles), of: read_patterns(of) }
        }
        WireSays::NoGrant(to, option, bits, on) => {
            let what = if option { What::GrantOption(set(bits)?) } else { What::Privileges(set(bits)?) };
            Says::NoGrant { to: read_to(to), what, on: read_extent(on) }
        }
        WireSays::OnlyGrant(to, bits, on) => {
            Says::OnlyGrant { to: read_to(to), privileges: set(bits)?, on: read_extent(on) }
        }
        WireSays::Protect(roles) => Says::Protect { roles: read_patterns(roles) },
        WireSays::Limit(of, most) => Says::Limit { of: at(Counted::ALL, of)?, most },
    })
}

/// The code of a value: its place among all.
fn place<T: PartialEq>(all: &[T], value: &T) -> u8 {
    let place = all.iter().position(|one| one == value).unwrap_or(usize::MAX);
    u8::try_from(place).unwrap_or(u8::MAX)
}

fn at<T: Copy>(all: &[T], code: u8) -> Result<T, Malformed> {
    all.get(usize::from(code)).copied().ok_or(Malformed::Code)
}

fn write_to(to: &To) -> WireTo {
    match to {
        To::Anyone => WireTo::Anyone,
        To::Public => WireTo::Public,
        To::Roles(roles) => WireTo::Roles(write_patterns(roles)),
    }
}

fn read_to(wire: WireTo) -> To {
    match wire {
        WireTo::Anyone => To::Anyone,
        WireTo::Public => To::Public,
        WireTo::Roles(roles) => To::Roles(read_patterns(roles)),
    }
}

fn write_extent(on: &Extent) -> WireExtent {
    [&on.databases, &on.schemas, &on.tables].map(|patterns| patterns.as_ref().map(write_patterns))
}

fn read_extent(wire: WireExtent) -> Extent {
    let [databases, schemas, tables] = wire.map(|patterns| patterns.map(read_patterns));
    Extent { databases, schemas, tables }
}

fn write_patterns(patterns: &Patterns) -> WirePatterns {
    (patterns.include.iter().cloned().collect(), patterns.except.iter().cloned().collect())
}

fn read_patterns((include, except): WirePatterns) -> Patterns {
    Patterns { include: include.into_iter().collect(), except: except.into_iter().collect() }
}
