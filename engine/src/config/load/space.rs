//! Module instances: the configuration itself and each instance of each module it calls.
//!
//! Not here: what their names stand for (`namespace`), the files (`directory`).
//! Invariant: the first space is the configuration; every other has a caller before it.

use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};
use std::sync::Arc;

use super::directory::Directory;
use super::instances::{Each, Head, Repetition};
use crate::config::value::Value;
use crate::diagnostic::Span;
use crate::name::{BlockAddress, InstanceKey};

/// A module instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct SpaceId(usize);

impl SpaceId {
    /// The configuration itself.
    pub(crate) const ROOT: SpaceId = SpaceId(0);
}

/// One module instance and what of its names is settled; none for what failed.
pub(crate) struct Space {
    /// Its files.
    pub(crate) directory: Arc<Directory>,
    /// Its address: one step per call, from the configuration inwards.
    pub(crate) modules: Vec<Arc<str>>,
    /// Who calls it; none for the configuration.
    pub(crate) caller: Option<Caller>,
    /// Whether it declares anything.
    pub(crate) extent: Extent,
    /// Values of variables.
    pub(crate) variables: BTreeMap<Arc<str>, Option<Value>>,
    /// Local values.
    pub(crate) locals: BTreeMap<Arc<str>, Option<Value>>,
    /// Values of outputs, of modules only.
    pub(crate) outputs: BTreeMap<Arc<str>, Option<Value>>,
    /// Instances of roles.
    pub(crate) heads: BTreeMap<Arc<str>, Option<Head>>,
    /// Instances of servers.
    pub(crate) servers: BTreeMap<Arc<str>, Option<Repetition>>,
    /// Instances of modules.
    pub(crate) calls: BTreeMap<Arc<str>, Option<Instances>>,
}

/// The call that a space is an instance of.
pub(crate) struct Caller {
    /// Where the call stands.
    pub(crate) space: SpaceId,
    /// The label of the `module` block.
    pub(crate) label: Arc<str>,
    /// Which instance.
    pub(crate) each: Each,
}

/// What a space is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// What it declares is declared.
    Real,
    /// It stands for instances that are not known, or of which there are none: the files
    /// are checked with unknown values, and nothing is declared.
    Sample,
}

/// The instances of a call.
#[derive(Clone)]
pub(crate) struct Instances {
    /// How they are told apart.
    pub(crate) shape: Shape,
    /// Their spaces, in order; samples are not among them.
    pub(crate) spaces: Vec<(Each, SpaceId)>,
}

/// How the instances of a block are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// There is one, without a key.
    Alone,
    /// `for_each`.
    Keyed,
    /// `count`.
    Counted,
    /// It is not known yet which there are.
    Unknown,
}

/// All module instances.
#[derive(Default)]
pub(crate) struct Spaces(Vec<Space>);

impl Spaces {
    /// Adds a space.
    pub(crate) fn add(&mut self, space: Space) -> SpaceId {
        self.0.push(space);
        SpaceId(self.0.len() - 1)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The spaces whose caller stands in a space, last first.
    pub(crate) fn called_by(&self, space: SpaceId) -> Vec<SpaceId> {
        let called = |at: &usize| self.0[*at].caller.as_ref().is_some_and(|caller| caller.space == space);
        (0..self.0.len()).rev().filter(called).map(SpaceId).collect()
    }

    /// `module.crm["eu"].module.base`; empty for the configuration itself.
    pub(crate) fn address(&self, id: SpaceId) -> String {
        let steps: Vec<String> = self[id].modules.iter().map(|step| format!("module.{step}")).collect();
        steps.join(".")
    }

    /// The address of a thing of a space: `module.crm.local.x`.
    pub(crate) fn inside(&self, id: SpaceId, thing: &str) -> String {
        match self.address(id) {
            module if module.is_empty() => thing.to_owned(),
            module => format!("{module}.{thing}"),
        }
    }

    /// Where the call stands that a space is an instance of; nowhere for the configuration.
    pub(crate) fn call_span(&self, id: SpaceId) -> Option<&Span> {
        let caller = self[id].caller.as_ref()?;
        self[caller.space].directory.calls.get(&caller.label).map(|call| &call.span)
    }
}

impl Index<SpaceId> for Spaces {
    type Output = Space;

    fn index(&self, id: SpaceId) -> &Space {
        &self.0[id.0]
    }
}

impl IndexMut<SpaceId> for Spaces {
    fn index_mut(&mut self, id: SpaceId) -> &mut Space {
        &mut self.0[id.0]
    }
}

impl Space {
    /// The space of the configuration itself.
    pub(crate) fn root(directory: Arc<Directory>) -> Space {
        Space {
            directory,
            modules: Vec::new(),
            caller: None,
            extent: Extent::Real,
            variables: BTreeMap::new(),
            locals: BTreeMap::new(),
            outputs: BTreeMap::new(),
            heads: BTreeMap::new(),
            servers: BTreeMap::new(),
            calls: BTreeMap::new(),
        }
    }

    /// The space of an instance of a call that stands in `around`.
    pub(crate) fn called(directory: Arc<Directory>, around: &Space, caller: Caller) -> Space {
        let mut modules = around.modules.clone();
        modules.push(caller.each.step(&caller.label));
        let extent = match caller.each {
            Each::Unknown => Extent::Sample,
            Each::Alone | Each::Key(..) | Each::Index(_) => around.extent,
        };
        Space { modules, caller: Some(caller), extent, ..Space::root(directory) }
    }

    /// The address of a block in it.
    pub(crate) fn block(&self, label: &Arc<str>, key: Option<InstanceKey>) -> BlockAddress {
        BlockAddress { modules: self.modules.clone(), label: Arc::clone(label), key }
    }
}
