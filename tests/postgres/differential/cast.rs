//! Who is in a run: the roles that it is about, and what it means that a label stands before another name.
//!
//! Not here: what they hold (`expect`). Invariant: roles have the names that the run gives them, but where
//! old ones are asked for.

use std::collections::{BTreeMap, BTreeSet};

use super::read::World;

/// Label to name.
pub(crate) type Names = BTreeMap<String, String>;

/// The roles of a run.
#[derive(Debug, Default)]
pub(crate) struct Cast {
    /// Declared now or before.
    pub(crate) roles: BTreeSet<String>,
    /// Those that the run drops.
    pub(crate) dropped: BTreeSet<String>,
    /// Old name to new.
    pub(crate) renamed: BTreeMap<String, String>,
    /// Those that keep a name which another shall get.
    pub(crate) keepers: BTreeSet<String>,
}

impl Cast {
    /// Who is in a run that finds these labels remembered and those declared. A role follows its label to
    /// another name. It stays when a label wants its old name that does not leave another name itself,
    /// and when the new name belongs to a role that nobody remembers: that one is taken over.
    pub(crate) fn of((remembered, declared): (&Names, &Names), world: &World) -> Cast {
        let is_there = |name: &String| world.roles.contains_key(name);
        let other = |(label, old): (&String, &String)| {
            let new = declared.get(label)?;
            (new != old).then(|| (label.clone(), old.clone(), new.clone()))
        };
        let leaving: Vec<(String, String, String)> = remembered.iter().filter_map(other).collect();
        let stays_wanted = |old: &String| {
            let mut wanting = declared.iter().filter(|(_, name)| *name == old);
            wanting.any(|(label, _)| leaving.iter().all(|(leaver, ..)| leaver != label))
        };
        let moves = leaving.iter().filter(|(_, old, _)| is_there(old) && !stays_wanted(old));
        let mut cast = Cast::default();
        cast.renamed = moves.map(|(_, old, new)| (old.clone(), new.clone())).collect();
        let keeps =
            |renamed: &BTreeMap<String, String>, new: &String| is_there(new) && !renamed.contains_key(new);
        while let Some((old, new)) = cast.renamed.iter().find(|(_, new)| keeps(&cast.renamed, new)) {
            let (old, new) = (old.clone(), new.clone());
            if remembered.values().any(|name| *name == new) {
                cast.keepers.insert(new);
            }
            cast.renamed.remove(&old);
        }
        let remembered: BTreeSet<String> =
            remembered.values().map(|name| cast.new_name(name).to_owned()).collect();
        let declared = declared.values().cloned().collect();
        cast.dropped = remembered.difference(&declared).cloned().collect();
        cast.roles = remembered.union(&declared).cloned().collect();
        cast
    }

    fn new_name<'a>(&'a self, old: &'a str) -> &'a str {
        self.renamed.get(old).map_or(old, String::as_str)
    }

    /// What a role is called before the run.
    pub(crate) fn old_name<'a>(&'a self, new: &'a str) -> &'a str {
        let old = self.renamed.iter().find(|(_, name)| *name == new);
        old.map_or(new, |(old, _)| old.as_str())
    }
}
