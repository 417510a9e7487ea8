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
    /// Owners of schemas: `schema.billing`.
    Schemas(AddressPattern),
    /// `postgres.analytics`: all that is on it, or on any instance of it.
    Resource(ResourceName),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Blocks(pattern) => write!(f, "{pattern}"),
            Target::Schemas(AddressPattern::Block(block)) => f.write_str(&block.of_kind("schema")),
            Target::Schemas(module @ AddressPattern::Module(_)) => write!(f, "{module}"),
            Target::Resource(name) => write!(f, "postgres.{name}"),
        }
    }
}

/// A block that can be named.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block<'a> {
    /// A role's.
    Role(&'a BlockAddress),
    /// That of a schema's owner.
    Schema(&'a BlockAddress),
}

impl fmt::Display for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Block::Role(address) => address.fmt(f),
            Block::Schema(address) => f.write_str(&address.of_kind("schema")),
        }
    }
}

impl Target {
    /// Whether a block is meant that is on these servers.
    pub fn means<'s>(&self, block: Block<'_>, servers: impl IntoIterator<Item = &'s ResourceName>) -> bool {
        match (self, block) {
            (Target::Blocks(pattern), Block::Role(address))
            | (Target::Schemas(pattern), Block::Schema(address))
            | (Target::Blocks(pattern @ AddressPattern::Module(_)), Block::Schema(address)) => {
                pattern.matches(address)
            }
            (Target::Blocks(AddressPattern::Block(_)), Block::Schema(_))
            | (Target::Schemas(_), Block::Role(_)) => false,
            (Target::Resource(name), Block::Role(_) | Block::Schema(_)) => {
                servers.into_iter().any(|server| server.is_of(name.as_str()))
            }
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
    /// Blocks; `None`: all.
    only: Option<Chosen>,
    /// Whether targets were named, so that `public` blocks are left out.
    targeted: bool,
}

/// The blocks that take part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Chosen {
    roles: BTreeSet<BlockAddress>,
    schemas: BTreeSet<BlockAddress>,
}

impl Selection {
    /// Whether a role's block takes part.
    pub fn role(&self, address: &BlockAddress) -> bool {
        self.only.as_ref().is_none_or(|only| only.roles.contains(address))
    }

    /// Whether a schema's block takes part.
    pub fn schema(&self, address: &BlockAddress) -> bool {
        self.only.as_ref().is_none_or(|only| only.schemas.contains(address))
    }

    /// Whether `public` blocks take part.
    pub fn has_public(&self) -> bool {
        !self.targeted
    }
}

/// Every block, declared or remembered: its servers, and what it requires.
#[derive(Default)]
struct Blocks<'a> {
    servers: BTreeMap<Block<'a>, BTreeSet<&'a ResourceName>>,
    requires: BTreeSet<(Block<'a>, Block<'a>)>,
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
            .map(|target| blocks.nowhere(target))
            .collect();
        if !unknown.is_empty() {
            return Err(Diagnostics(unknown));
        }
        let all = |targets: &BTreeSet<Target>| -> BTreeSet<Block<'_>> {
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
        let mut chosen = Chosen::default();
        for block in only {
            match block {
                Block::Role(address) => chosen.roles.insert(address.clone()),
                Block::Schema(address) => chosen.schemas.insert(address.clone()),
            };
        }
        let selection = Selection { only: Some(chosen), targeted: !self.targets.is_empty() };
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
        let mut by_name: BTreeMap<(&ResourceName, &RoleName), Block<'a>> = BTreeMap::new();
        for (resource, remembered) in &recorded.resources {
            for (name, role) in &remembered.roles {
                blocks.add(Block::Role(&role.address), resource);
                by_name.insert((resource, name), Block::Role(&role.address));
            }
            remembered.schemas.values().for_each(|address| blocks.add(Block::Schema(address), resource));
        }
        for role in declared.roles.values() {
            blocks.add(Block::Role(&role.address), &role.resource);
            by_name.insert((&role.resource, &role.name), Block::Role(&role.address));
        }
        for role in declared.roles.values() {
            let own = Block::Role(&role.address);
            let needed = mentioned(role).filter_map(|name| by_name.get(&(&role.resource, name)));
            needed.for_each(|other| blocks.require(own, *other));
            let others = declared.roles.keys();
            let on = |other: &&BlockAddress| role.depends_on.iter().any(|needed| needed.on.matches(other));
            others.filter(on).for_each(|other| blocks.require(own, Block::Role(other)));
        }
        for schema in declared.schemas.values() {
            let own = Block::Schema(&schema.address);
            blocks.add(own, &schema.resource);
            let owner = by_name.get(&(&schema.resource, &schema.owner));
            owner.into_iter().for_each(|owner| blocks.require(own, *owner));
        }
        for (resource, remembered) in &recorded.resources {
            let gone = remembered.roles.values().filter(|role| !declared.roles.contains_key(&role.address));
            for role in gone {
                let needed = role.depends_on.iter().filter_map(|name| by_name.get(&(resource, name)));
                needed.for_each(|other| blocks.require(Block::Role(&role.address), *other));
            }
            for membership in remembered.catalog.memberships.keys() {
                let member = by_name.get(&(resource, &membership.member));
                let group = by_name.get(&(resource, &membership.role));
                if let (Some(Block::Role(member)), Some(group)) = (member, group)
                    && !declared.roles.contains_key(*member)
                {
                    blocks.require(Block::Role(member), *group);
                }
            }
        }
        blocks
    }

    fn add(&mut self, block: Block<'a>, resource: &'a ResourceName) {
        self.servers.entry(block).or_default().insert(resource);
    }

    fn require(&mut self, needs: Block<'a>, needed: Block<'a>) {
        if needs != needed {
            self.requires.insert((needs, needed));
        }
    }

    /// The blocks that a target means.
    fn named(&self, target: &Target) -> BTreeSet<Block<'a>> {
        let blocks = self.servers.iter();
        let blocks = blocks.filter(|(block, servers)| target.means(**block, servers.iter().copied()));
        blocks.map(|(block, _)| *block).collect()
    }

    /// The message for a target that means nothing.
    fn nowhere(&self, target: &Target) -> Diagnostic {
        match target {
            Target::Blocks(_) | Target::Schemas(_) => nowhere(target, self.servers.keys()),
            Target::Resource(_) => {
                let servers: BTreeSet<&ResourceName> = self.servers.values().flatten().copied().collect();
                nowhere(target, servers.into_iter().map(|server| format!("postgres.{server}")))
            }
        }
    }

    fn closure(&self, from: BTreeSet<Block<'a>>, way: Way) -> BTreeSet<Block<'a>> {
        let mut next: BTreeMap<Block<'a>, Vec<Block<'a>>> = BTreeMap::new();
        for (needs, needed) in &self.requires {
            let (start, end) = match way {
                Way::Requirements => (needs, needed),
                Way::Dependents => (needed, needs),
            };
            next.entry(*start).or_default().push(*end);
        }
        let mut closed = from.clone();
        let mut rest: Vec<Block<'a>> = from.into_iter().collect();
        while let Some(block) = rest.pop() {
            for reached in next.get(&block).into_iter().flatten() {
                if closed.insert(*reached) {
                    rest.push(*reached);
                }
            }
        }
        closed
    }
}

/// The message for something that neither the configuration nor the state has.
pub fn nowhere(named: &dyn fmt::Display, known: impl Iterator<Item = impl fmt::Display>) -> Diagnostic {
    let detail = format!("Neither the configuration nor the state has {named}.");
    let said = Diagnostic::error(Code::CLI009, "Nothing has this name", detail);
    let known: Vec<String> = known.map(|block| block.to_string()).collect();
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
