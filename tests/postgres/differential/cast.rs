//! Who is in a run: the roles that it is about, and what it means that a label stands before another name.
//!
//! Not here: what they hold (`expect`). Invariant: roles have the names that the run gives them, but where
//! old ones are asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::read::World;

/// A role as a block calls it.
#[derive(Clone, Debug)]
pub(crate) struct Called {
    pub(crate) name: String,
    pub(crate) external: bool,
}

/// Roles by label.
pub(crate) type Names = BTreeMap<String, Called>;

/// The roles of a run.
#[derive(Debug, Default)]
pub(crate) struct Cast {
    /// Declared now or before.
    pub(crate) roles: BTreeSet<String>,
    /// Those of them whose grants are nobody's business: external, and not managed before.
    pub(crate) left: BTreeSet<String>,
    /// Those that the run drops.
    pub(crate) dropped: BTreeSet<String>,
    /// Old name to new.
    pub(crate) renamed: BTreeMap<String, String>,
    /// Those that keep a name which another shall get.
    pub(crate) keepers: BTreeSet<String>,
}

impl Cast {
    /// Who is in a run that finds these labels remembered and those declared.
    pub(crate) fn of((remembered, declared): (&Names, &Names), world: &World) -> Cast {
        let mut cast = Cast { renamed: moves((remembered, declared), world), ..Cast::default() };
        let named = |name: &String| declared.values().find(|called| called.name == *name);
        // A role that is external and stays so is not looked at whole, and none is that gets its name.
        let is_whole = |old: &String, new: &String| {
            let was_managed = remembered.values().any(|called| called.name == *old && !called.external);
            was_managed || named(new).is_some_and(|called| !called.external)
        };
        let is_free =
            |renamed: &BTreeMap<String, String>, (old, new): (&String, &String)| match renamed.get(new) {
                None => !world.roles.contains_key(new),
                Some(next) => is_whole(old, new) == is_whole(new, next),
            };
        while let Some((old, new)) = cast.renamed.iter().find(|one| !is_free(&cast.renamed, *one)) {
            let (old, new) = (old.clone(), new.clone());
            // A role that nobody remembers is taken over instead, by a managed one.
            let external = named(&new).is_some_and(|called| called.external);
            if external || remembered.values().any(|called| called.name == new) {
                cast.keepers.insert(new);
            }
            cast.renamed.remove(&old);
        }
        // What an external role leaves is not looked at, so that no managed role is made in its place.
        for old in cast.renamed.keys().filter(|old| named(old).is_some_and(|heir| !heir.external)) {
            let arrives = cast.renamed.values().any(|new| new == old);
            if !arrives && !is_whole(old, &cast.renamed[old]) {
                cast.keepers.insert(old.clone());
            }
        }
        let new = |called: &Called| cast.renamed.get(&called.name).unwrap_or(&called.name).clone();
        // A name may be remembered of a role that is gone, and be another's now.
        let mut before: BTreeMap<String, bool> = BTreeMap::new();
        for called in remembered.values() {
            before.entry(new(called)).and_modify(|all| *all &= called.external).or_insert(called.external);
        }
        let after: BTreeSet<&String> = declared.values().map(|called| &called.name).collect();
        cast.dropped = before.keys().filter(|name| !after.contains(name)).cloned().collect();
        cast.roles = before.keys().chain(after).cloned().collect();
        let external = declared.values().filter(|called| called.external).map(|called| &called.name);
        cast.left = external.filter(|name| before.get(*name) != Some(&false)).cloned().collect();
        cast
    }

    /// Whether what a role holds by grants is the run's business.
    pub(crate) fn holds_ours(&self, role: &str) -> bool {
        self.roles.contains(role) && !self.left.contains(role)
    }

    /// What a role is called before the run.
    pub(crate) fn old_name<'a>(&'a self, new: &'a str) -> &'a str {
        let old = self.renamed.iter().find(|(_, name)| *name == new);
        old.map_or(new, |(old, _)| old.as_str())
    }
}

/// Roles that follow their label to another name. One stays when a label wants its old name that does not
/// leave another name itself.
fn moves((remembered, declared): (&Names, &Names), world: &World) -> BTreeMap<String, String> {
    let other = |(label, old): (&String, &Called)| {
        let new = declared.get(label)?;
        (new.name != old.name).then(|| (label.clone(), (old.name.clone(), new.name.clone())))
    };
    let leaving: BTreeMap<String, (String, String)> = remembered.iter().filter_map(other).collect();
    let is_wanted = |old: &String| {
        declared.iter().any(|(label, called)| called.name == *old && !leaving.contains_key(label))
    };
    leaving.values().filter(|(old, _)| world.roles.contains_key(old) && !is_wanted(old)).cloned().collect()
}
