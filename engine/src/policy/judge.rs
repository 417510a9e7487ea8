//! What policies say about the changes of a plan.
//!
//! Not here: how it is told (`message`). Invariant: the verdict follows from the policies and
//! the changes alone, so that anyone who has the plan comes to the same one.

use std::collections::{BTreeMap, BTreeSet};

use crate::acl::{Grantee, Holding};
use crate::change::{Action, EntryChange, MembershipChange, OwnerChange, RoleChange};
use crate::declared::{Attributes, Patterns};
use crate::diagnostic::Origin;
use crate::name::{ResourceName, printable};
use crate::plan::ResourcePlan;
use crate::plan::summary::Summary;
use crate::policy::given::{Given, given};
use crate::policy::matching::{Doubt, Net, concerns, named};
use crate::policy::{Attribute, Counted, Policy, Rule, Says, Violation, What};
use crate::privilege::PrivilegeSet;

type Resources = BTreeMap<ResourceName, ResourcePlan>;

/// All violations, in the order of policies, rules and changes.
pub fn judge(policies: &[Policy], resources: &Resources) -> Vec<Violation> {
    let mut found = Vec::new();
    for (number, policy) in (0_u32..).zip(policies) {
        let about = |name: &ResourceName| policy.resources.is_empty() || policy.resources.contains(name);
        let plans: Vec<_> = resources.iter().filter(|(name, _)| about(name)).collect();
        for (place, rule) in (0_u32..).zip(&policy.rules) {
            let mut court = Court { policy: number, rule: place, found: Vec::new() };
            match &rule.says {
                Says::Limit { of, most } => court.limit(*of, *most, &plans),
                says => plans.iter().for_each(|(name, plan)| court.hear(policy, says, (name, plan))),
            }
            court.found.sort();
            found.append(&mut court.found);
        }
    }
    found
}

/// One rule and what it found.
struct Court {
    policy: u32,
    rule: u32,
    found: Vec<Violation>,
}

/// A change and the others like it.
struct Charge<'a> {
    resource: &'a ResourceName,
    address: String,
    others: u64,
    origin: Option<&'a Origin>,
}

impl Court {
    fn hear(&mut self, policy: &Policy, says: &Says, (name, plan): (&ResourceName, &ResourcePlan)) {
        let changes = &plan.changes;
        match says {
            Says::NoAttribute { roles, attributes } => {
                for change in changes.roles.iter().filter(|change| named(roles, change.name.as_str())) {
                    let words = gained_attributes(change, attributes);
                    if !words.is_empty() {
                        let detail = format!("{} gains {}", role(change.name.as_str()), words.join(", "));
                        self.find(of_role(name, change), detail);
                    }
                }
            }
            Says::NoMember { roles, of } => {
                for change in changes.memberships.iter().filter(|change| comes(change.action)) {
                    let (member, joined) = (&change.membership.member, &change.membership.role);
                    if named(roles, member.as_str()) && named(of, joined.as_str()) {
                        let detail = format!(
                            "{} becomes a member of {}",
                            role(member.as_str()),
                            role(joined.as_str())
                        );
                        self.find(of_membership(name, change), detail);
                    }
                }
            }
            Says::NoGrant { to, what, on } => {
                for given in given(plan) {
                    let change = given.change();
                    let mut net = Net::new(on, Doubt::Caught);
                    let caught = change.objects.iter().filter(|object| net.catches(&change.place, object));
                    let caught: Vec<_> = caught.collect();
                    let Some(first) = caught.first() else { continue };
                    for entry in change.entries.iter().filter(|entry| concerns(to, &entry.grantee)) {
                        if let Some(detail) = forbidden(entry, *what) {
                            let address = given.address_of(entry, first);
                            self.find(of_entry(name, entry, (address, caught.len())), detail);
                        }
                    }
                }
            }
            // The first `allow` block that is about a grantee speaks for all of the policy's.
            Says::OnlyGrant { to, .. } => {
                for given in given(plan) {
                    let entries = given.change().entries.iter();
                    for entry in entries.filter(|entry| concerns(to, &entry.grantee)) {
                        if self.speaks_for(policy, &entry.grantee) {
                            self.allowed(policy, name, (&given, entry));
                        }
                    }
                }
            }
            Says::Protect { roles } => self.protect(roles, (name, plan)),
            Says::Limit { .. } => {}
        }
    }

    fn speaks_for(&self, policy: &Policy, grantee: &Grantee) -> bool {
        let allows = |rule: &Rule| matches!(&rule.says, Says::OnlyGrant { to, .. } if concerns(to, grantee));
        let first = policy.rules.iter().position(allows);
        first == Some(self.rule as usize)
    }

    /// Reports what no `allow` block of the policy covers.
    fn allowed(&mut self, policy: &Policy, name: &ResourceName, (given, entry): (&Given<'_>, &EntryChange)) {
        let change = given.change();
        let gained =
            gained(entry).iter().fold(PrivilegeSet::EMPTY, |all, holding| all.union(holding.privileges));
        if gained.is_empty() {
            return;
        }
        let mut nets: Vec<(Net<'_>, PrivilegeSet)> = Vec::new();
        for rule in &policy.rules {
            if let Says::OnlyGrant { to, privileges, on } = &rule.says
                && concerns(to, &entry.grantee)
            {
                nets.push((Net::new(on, Doubt::Spared), *privileges));
            }
        }
        let mut beyond: BTreeMap<PrivilegeSet, (String, usize)> = BTreeMap::new();
        for object in &change.objects {
            let covered = nets
                .iter_mut()
                .filter_map(|(net, privileges)| net.catches(&change.place, object).then_some(*privileges));
            let left = gained.minus(covered.fold(PrivilegeSet::EMPTY, PrivilegeSet::union));
            if !left.is_empty() {
                let new = || (given.address_of(entry, object), 0);
                beyond.entry(left).or_insert_with(new).1 += 1;
            }
        }
        for (left, like) in beyond {
            let detail =
                format!("{} gains {left}, which is not among what it may have", whom(&entry.grantee));
            self.find(of_entry(name, entry, like), detail);
        }
    }

    fn protect(&mut self, roles: &Patterns, (name, plan): (&ResourceName, &ResourcePlan)) {
        let changes = &plan.changes;
        // A role that is made now has nothing to protect yet.
        let made: BTreeSet<_> =
            changes.roles.iter().filter(|c| c.action == Action::Create).map(|c| &c.name).collect();
        let protected = |role: &crate::name::RoleName| !made.contains(role) && named(roles, role.as_str());
        for change in &changes.roles {
            let old = change.renamed_from.as_ref().unwrap_or(&change.name);
            let verb = match change.action {
                Action::Delete => "dropped",
                Action::Update if change.renamed_from.is_some() => "renamed",
                Action::Update => "changed",
                Action::NoOp | Action::Create | Action::Adopt | Action::Forget => continue,
            };
            if protected(old) || protected(&change.name) {
                self.find(of_role(name, change), format!("{} would be {verb}", role(old.as_str())));
            }
        }
        for change in changes.memberships.iter().filter(|change| on_server(change.action)) {
            if protected(&change.membership.member) {
                let detail =
                    format!("a membership of {} would change", role(change.membership.member.as_str()));
                self.find(of_membership(name, change), detail);
            }
        }
        for change in changes.owners.iter().filter(|change| on_server(change.action)) {
            for (owner, verb) in [(&change.before, "lose"), (&change.after, "get")] {
                if let Some(owner) = owner.as_ref().filter(|owner| protected(owner)) {
                    let detail = format!("{} would {verb} the schema {}", role(owner.as_str()), change.path);
                    self.find(of_owner(name, change), detail);
                }
            }
        }
        for change in &changes.grants {
            let Some(first) = change.objects.first() else { continue };
            for entry in change.entries.iter().filter(|entry| on_server(entry.action)) {
                if let Grantee::Role(grantee) = &entry.grantee
                    && protected(grantee)
                {
                    let like = (change.address_of(entry, first), change.objects.len());
                    let detail = format!("what {} holds would change", role(grantee.as_str()));
                    self.find(of_entry(name, entry, like), detail);
                }
            }
        }
    }

    fn limit(&mut self, of: Counted, most: u64, plans: &[(&ResourceName, &ResourcePlan)]) {
        let mut sums = Summary::default();
        let mut drops = 0_u64;
        for (_, plan) in plans {
            sums += Summary::of(&plan.changes);
            drops +=
                plan.changes.roles.iter().filter(|change| change.action == Action::Delete).count() as u64;
        }
        let count = match of {
            Counted::Drops => drops,
            Counted::Adds => sums.add,
            Counted::Changes => sums.change,
            Counted::Destroys => sums.destroy,
        };
        if count > most {
            self.found.push(Violation {
                policy: self.policy,
                rule: self.rule,
                resource: None,
                address: String::new(),
                others: 0,
                detail: format!("{}: {count}, allowed: {most}", of.words()),
                origin: None,
            });
        }
    }

    fn find(&mut self, charge: Charge<'_>, detail: String) {
        self.found.push(Violation {
            policy: self.policy,
            rule: self.rule,
            resource: Some(charge.resource.clone()),
            address: charge.address,
            others: charge.others,
            detail,
            origin: charge.origin.cloned(),
        });
    }
}

fn of_role<'a>(resource: &'a ResourceName, change: &'a RoleChange) -> Charge<'a> {
    Charge { resource, address: change.address.to_string(), others: 0, origin: change.origin.as_ref() }
}

fn of_membership<'a>(resource: &'a ResourceName, change: &'a MembershipChange) -> Charge<'a> {
    Charge { resource, address: change.address_text(), others: 0, origin: change.origin.as_ref() }
}

fn of_owner<'a>(resource: &'a ResourceName, change: &'a OwnerChange) -> Charge<'a> {
    Charge { resource, address: change.address_text(), others: 0, origin: change.origin.as_ref() }
}

/// `like`: the first address, and how many there are.
fn of_entry<'a>(resource: &'a ResourceName, entry: &'a EntryChange, like: (String, usize)) -> Charge<'a> {
    let (address, count) = like;
    Charge { resource, address, others: count.saturating_sub(1) as u64, origin: entry.origin.as_ref() }
}

fn role(name: &str) -> String {
    format!("\"{}\"", printable(name))
}

fn whom(grantee: &Grantee) -> String {
    match grantee {
        Grantee::Public => "PUBLIC".to_owned(),
        Grantee::Role(name) => role(name.as_str()),
    }
}

/// Whether something is there afterwards that roleform did not answer for before.
fn comes(action: Action) -> bool {
    match action {
        Action::Create | Action::Update | Action::Adopt => true,
        Action::NoOp | Action::Delete | Action::Forget => false,
    }
}

/// Whether something changes on the server.
fn on_server(action: Action) -> bool {
    match action {
        Action::Create | Action::Update | Action::Delete => true,
        Action::NoOp | Action::Adopt | Action::Forget => false,
    }
}

/// What a grantee gains; what is taken over counts whole.
fn gained(entry: &EntryChange) -> Vec<Holding> {
    match entry.action {
        Action::Create | Action::Update => entry.added(),
        Action::Adopt => entry.after.clone(),
        Action::NoOp | Action::Delete | Action::Forget => Vec::new(),
    }
}

fn forbidden(entry: &EntryChange, what: What) -> Option<String> {
    let all = |part: fn(&Holding) -> PrivilegeSet| {
        gained(entry).iter().fold(PrivilegeSet::EMPTY, |all, holding| all.union(part(holding)))
    };
    let (found, words) = match what {
        What::Privileges(privileges) => (all(|holding| holding.privileges).intersection(privileges), "gains"),
        What::GrantOption(privileges) => {
            (all(|holding| holding.grantable).intersection(privileges), "gains the grant option for")
        }
    };
    (!found.is_empty()).then(|| format!("{} {words} {found}", whom(&entry.grantee)))
}

fn gained_attributes(change: &RoleChange, forbidden: &BTreeSet<Attribute>) -> Vec<&'static str> {
    let Some(after) = change.after.as_ref().filter(|_| comes(change.action)) else { return Vec::new() };
    let before = match (&change.before, change.action) {
        (_, Action::Adopt) | (None, _) => None,
        (Some(before), _) => Some(&before.attributes),
    };
    let gains = |attribute: &&Attribute| {
        has(&after.attributes, **attribute) && !before.is_some_and(|before| has(before, **attribute))
    };
    forbidden.iter().filter(gains).map(|attribute| attribute.word()).collect()
}

fn has(attributes: &Attributes, attribute: Attribute) -> bool {
    match attribute {
        Attribute::Superuser => attributes.superuser,
        Attribute::CreateRole => attributes.createrole,
        Attribute::CreateDb => attributes.createdb,
        Attribute::Replication => attributes.replication,
        Attribute::BypassRls => attributes.bypassrls,
        Attribute::Login => attributes.login,
    }
}
