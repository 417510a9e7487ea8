//! What of a run is chosen on the command line: `-target`, `-exclude`, and what they bring along.
//!
//! A target takes along what it requires, an exclusion what requires it; with `-destroy` the
//! other way round, since then what requires goes first. Not here: what a run looks at on a
//! server (`scope`). Invariant: a selection is closed, so that no part of it needs what is outside.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::code::Code;
use crate::declared::{Declared, DeclaredRole};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::name::{AddressPattern, BlockAddress, ResourceName, RoleName};
use crate::plan::Mode;
use crate::state::Recorded;

/// What a person named.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Roles: `role.team["billing"]`, without a key all instances; `module.crm`, all that is in it.
    Blocks(AddressPattern),
    /// `postgres.analytics`: all that is on it.
    Resource(ResourceName),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Blocks(pattern) => write!(f, "{pattern}"),
            Target::Resource(name) => write!(f, "postgres.{name}"),
        }
    }
}

/// `-target` and `-exclude`, as given.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// Only these and what they require; empty means all.
    pub targets: BTreeSet<Target>,
    /// None of these and of what requires them.
    pub excludes: BTreeSet<Target>,
}

/// What takes part in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Roles; `None`: all.
    only: Option<BTreeSet<BlockAddress>>,
    /// Whether targets were named, so that `public` blocks are left out.
    targeted: bool,
}

impl Selection {
    /// Whether a role's block takes part.
    pub fn role(&self, address: &BlockAddress) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(address))
    }

    /// Whether `public` blocks take part.
    pub fn has_public(&self) -> bool {
        !self.targeted
    }
}

/// Every role, declared or remembered: its servers, and what it requires.
#[derive(Default)]
struct Blocks<'a> {
    servers: BTreeMap<&'a BlockAddress, BTreeSet<&'a ResourceName>>,
    requires: BTreeSet<(&'a BlockAddress, &'a BlockAddress)>,
}

impl Choice {
    /// What the choice amounts to; a run that is not about everything is warned about.
    pub fn select(
        &self,
        declared: &Declared,
        recorded: &Recorded,
        mode: Mode,
    ) -> Result<(Selection, Option<Diagnostic>), Diagnostics> {
        if self.targets.is_empty() && self.excludes.is_empty() {
            return Ok((Selection::default(), None));
        }
        let blocks = Blocks::of(declared, recorded);
        let unknown: Vec<Diagnostic> = self
            .targets
            .iter()
            .chain(&self.excludes)
            .filter(|target| blocks.named(target).is_empty())
            .map(|target| nowhere(target, blocks.servers.keys().copied()))
            .collect();
        if !unknown.is_empty() {
            return Err(Diagnostics(unknown));
        }
        let all = |targets: &BTreeSet<Target>| -> BTreeSet<&BlockAddress> {
            targets.iter().flat_map(|target| blocks.named(target)).collect()
        };
        let (needs, needed_by) = match mode {
            Mode::Normal | Mode::RefreshOnly => (Way::Requirements, Way::Dependents),
            Mode::Destroy => (Way::Dependents, Way::Requirements),
        };
        let named = if self.targets.is_empty() {
            blocks.servers.keys().copied().collect()
        } else {
            all(&self.targets)
        };
        let mut only = blocks.closure(named.clone(), needs);
        let left_out = blocks.closure(all(&self.excludes), needed_by);
        only.retain(|block| !left_out.contains(block));
        let along: Vec<String> = only.difference(&named).map(ToString::to_string).collect();
        let only = only.into_iter().cloned().collect();
        let selection = Selection { only: Some(only), targeted: !self.targets.is_empty() };
        Ok((selection, Some(in_effect(&along))))
    }
}

/// Which way requirements are followed.
#[derive(Clone, Copy)]
enum Way {
    Requirements,
    Dependents,
}

impl<'a> Blocks<'a> {
    fn of(declared: &'a Declared, recorded: &'a Recorded) -> Blocks<'a> {
        let mut blocks = Blocks::default();
        let mut by_name: BTreeMap<(&ResourceName, &RoleName), &BlockAddress> = BTreeMap::new();
        for (resource, remembered) in &recorded.resources {
            for (name, role) in &remembered.roles {
                blocks.add(&role.address, resource);
                by_name.insert((resource, name), &role.address);
            }
        }
        for role in declared.roles.values() {
            blocks.add(&role.address, &role.resource);
            by_name.insert((&role.resource, &role.name), &role.address);
        }
        for role in declared.roles.values() {
            let needed = mentioned(role).filter_map(|name| by_name.get(&(&role.resource, name)));
            needed.for_each(|other| blocks.require(&role.address, other));
            let others = declared.roles.keys();
            let on = |other: &&BlockAddress| role.depends_on.iter().any(|needed| needed.on.matches(other));
            others.filter(on).for_each(|other| blocks.require(&role.address, other));
        }
        for (resource, remembered) in &recorded.resources {
            for membership in remembered.catalog.memberships.keys() {
                let member = by_name.get(&(resource, &membership.member));
                let group = by_name.get(&(resource, &membership.role));
                if let (Some(member), Some(group)) = (member, group)
                    && !declared.roles.contains_key(*member)
                {
                    blocks.require(member, group);
                }
            }
        }
        blocks
    }

    fn add(&mut self, block: &'a BlockAddress, resource: &'a ResourceName) {
        self.servers.entry(block).or_default().insert(resource);
    }

    fn require(&mut self, needs: &'a BlockAddress, needed: &'a BlockAddress) {
        if needs != needed {
            self.requires.insert((needs, needed));
        }
    }

    /// The roles that a target means.
    fn named(&self, target: &Target) -> BTreeSet<&'a BlockAddress> {
        let means = |address: &BlockAddress, servers: &BTreeSet<&ResourceName>| match target {
            Target::Blocks(pattern) => pattern.matches(address),
            Target::Resource(name) => servers.contains(name),
        };
        let roles = self.servers.iter().filter(|(address, servers)| means(address, servers));
        roles.map(|(address, _)| *address).collect()
    }

    fn closure(&self, from: BTreeSet<&'a BlockAddress>, way: Way) -> BTreeSet<&'a BlockAddress> {
        let mut next: BTreeMap<&BlockAddress, Vec<&'a BlockAddress>> = BTreeMap::new();
        for (needs, needed) in &self.requires {
            let (start, end) = match way {
                Way::Requirements => (needs, needed),
                Way::Dependents => (needed, needs),
            };
            next.entry(start).or_default().push(end);
        }
        let mut closed = from.clone();
        let mut rest: Vec<&BlockAddress> = from.into_iter().collect();
        while let Some(block) = rest.pop() {
            for reached in next.get(block).into_iter().flatten() {
                if closed.insert(reached) {
                    rest.push(reached);
                }
            }
        }
        closed
    }
}

/// The message for something that neither the configuration nor the state has.
pub fn nowhere<'a>(named: &dyn fmt::Display, known: impl Iterator<Item = &'a BlockAddress>) -> Diagnostic {
    let detail = format!("Neither the configuration nor the state has {named}.");
    let said = Diagnostic::error(Code::CLI009, "Nothing has this name", detail);
    let known: Vec<String> = known.map(ToString::to_string).collect();
    match nearest(&named.to_string(), known.iter().map(String::as_str)) {
        Some(near) => said.hint(format!("did you mean {near}?")),
        None => said,
    }
}

/// Names of roles that must be there before a role can be what it shall be.
fn mentioned(role: &DeclaredRole) -> impl Iterator<Item = &RoleName> {
    let creators = role.grants.iter().flat_map(|grant| &grant.future_creators);
    role.member_of.iter().map(|membership| &membership.role).chain(creators)
}

fn in_effect(along: &[String]) -> Diagnostic {
    let mut detail =
        "The plan was made with -target or -exclude, so it may not represent all of the changes \
         requested by the current configuration."
            .to_owned();
    if !along.is_empty() {
        detail.push_str(&format!(" What was named takes along: {}.", along.join(", ")));
    }
    Diagnostic::warning(Code::PLN040, "Resource targeting is in effect", detail).hint(
        "-target and -exclude are for exceptional situations, such as recovering from mistakes; \
         make a plan without them afterwards",
    )
}
