//! The head of a role block: its instances (`for_each`, `count`) and their names.
//!
//! Not here: everything else in the block (`lower::role`). Invariant: keys are known,
//! not sensitive, and each instance has a text for a name.

use std::collections::BTreeMap;
use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::structure::{Attribute, Block};

use super::namespace::Namespace;
use super::scope::BlockScope;
use crate::code::Code;
use crate::config::evaluate::{Evaluator, Failed};
use crate::config::parse::Tree;
use crate::config::value::convert::convert;
use crate::config::value::types::{Type, type_of};
use crate::config::value::{Data, Reference, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::name::{BlockAddress, InstanceKey};

/// Instances of a role block, and what `role.label` stands for.
#[derive(Clone)]
pub(crate) struct Head {
    /// The block as a value: one role, an object of roles or a tuple of roles.
    pub(crate) value: Value,
    /// The instances; none known while validating without values.
    pub(crate) instances: Vec<Instance>,
}

/// One instance of a block.
#[derive(Clone)]
pub(crate) struct Instance {
    /// Its key; none for a plain block.
    pub(crate) key: Option<InstanceKey>,
    /// `each.value`.
    pub(crate) each: Value,
    /// Its name in PostgreSQL, not yet proven; none when it is not known.
    pub(crate) name: Option<Arc<str>>,
}

/// How instances are written.
enum Repetition {
    None,
    Keys(Vec<(Arc<str>, Value)>),
    Count(u32),
    Unknown,
}

/// Most instances of one block.
const MAX_INSTANCES: i64 = 1_000_000;

/// Evaluates `for_each`, `count` and `name` of a role block.
pub(crate) fn head(
    namespace: &Namespace<'_>,
    label: &Arc<str>,
    tree: &Tree,
    diagnostics: &mut Diagnostics,
) -> Option<Head> {
    let block = tree.block()?;
    let mut reader = HeadReader { namespace, tree, block, diagnostics };
    let keys: Vec<(Option<InstanceKey>, Value)> = match reader.repetition().ok()? {
        Repetition::Unknown => return Some(Head { value: Value::unknown(), instances: Vec::new() }),
        Repetition::None => vec![(None, Value::null())],
        Repetition::Keys(keys) => {
            keys.into_iter().map(|(key, value)| (Some(InstanceKey::Key(key)), value)).collect()
        }
        Repetition::Count(count) => {
            (0..count).map(|index| (Some(InstanceKey::Index(index)), Value::null())).collect()
        }
    };
    let mut instances = Vec::with_capacity(keys.len());
    for (key, each) in keys {
        let name = reader.name(label, key.as_ref(), &each).ok()?;
        instances.push(Instance { key, each, name });
    }
    let counted = block.body.has_attribute("count");
    let value = block_value(label, &instances, counted);
    Some(Head { value, instances })
}

/// What `role.label` stands for.
fn block_value(label: &Arc<str>, instances: &[Instance], counted: bool) -> Value {
    let reference = |instance: &Instance| match &instance.name {
        Some(name) => Value::new(Data::Reference(Arc::new(Reference::Role {
            address: BlockAddress {
                modules: Vec::new(),
                label: Arc::clone(label),
                key: instance.key.clone(),
            },
            name: Arc::clone(name),
        }))),
        None => Value::unknown(),
    };
    match instances {
        [only] if only.key.is_none() => reference(only),
        all if counted => Value::tuple(all.iter().map(reference).collect()),
        all => {
            let mut entries = BTreeMap::new();
            for instance in all {
                if let Some(InstanceKey::Key(key)) = &instance.key {
                    entries.insert(Arc::clone(key), reference(instance));
                }
            }
            Value::object(entries)
        }
    }
}

struct HeadReader<'r> {
    namespace: &'r Namespace<'r>,
    tree: &'r Tree,
    block: &'r Block,
    diagnostics: &'r mut Diagnostics,
}

impl HeadReader<'_> {
    fn fail<T>(
        &mut self,
        at: &Attribute,
        code: Code,
        summary: &str,
        detail: impl Into<String>,
    ) -> Result<T, Failed> {
        let span = self.tree.place.span(at.value.span());
        self.diagnostics.push(Diagnostic::error(code, summary, detail).at(span));
        Err(Failed)
    }

    fn evaluate(&mut self, attribute: &Attribute, scope: &BlockScope<'_>) -> Result<Value, Failed> {
        let mut evaluator = Evaluator::new(scope, &self.tree.place);
        let value = evaluator.evaluate(&attribute.value);
        self.diagnostics.extend(evaluator.diagnostics);
        value
    }

    fn repetition(&mut self) -> Result<Repetition, Failed> {
        let for_each = self.block.body.get_attribute("for_each");
        let count = self.block.body.get_attribute("count");
        match (for_each, count) {
            (None, None) => Ok(Repetition::None),
            (Some(attribute), None) => self.keys(attribute),
            (None, Some(attribute)) => self.count(attribute),
            (Some(_), Some(attribute)) => self.fail(
                attribute,
                Code::CFG041,
                "Invalid combination of \"count\" and \"for_each\"",
                "The \"count\" and \"for_each\" meta-arguments are mutually-exclusive, only one should be used.",
            ),
        }
    }

    fn keys(&mut self, attribute: &Attribute) -> Result<Repetition, Failed> {
        const SUMMARY: &str = "Invalid for_each argument";
        let value = self.evaluate(attribute, &BlockScope::plain(self.namespace))?;
        let pairs: Vec<(Arc<str>, Value)> = match &value.data {
            Data::Unknown => return Ok(Repetition::Unknown),
            _ if value.sensitive => {
                let detail = "Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments. If used, the sensitive value could be exposed as a resource instance key.";
                return self.fail(attribute, Code::CFG022, SUMMARY, detail);
            }
            Data::Map(_) | Data::Object(_) => value
                .entries()
                .into_iter()
                .flatten()
                .map(|(key, value)| (Arc::clone(key), value.clone()))
                .collect(),
            Data::Set(elements) if elements.items.iter().all(|item| item.as_str().is_some()) => elements
                .items
                .iter()
                .filter_map(|item| Some((Arc::from(item.as_str()?), item.clone())))
                .collect(),
            Data::Null(_) => {
                let detail = "The given \"for_each\" argument value is unsuitable: the given \"for_each\" argument value is null. A map, or set of strings is allowed.";
                return self.fail(attribute, Code::CFG040, SUMMARY, detail);
            }
            _ => {
                let kind = type_of(&value).friendly();
                let detail = format!(
                    "The given \"for_each\" argument value is unsuitable: the \"for_each\" argument must be a map, or set of strings, and you have provided a value of type {kind}."
                );
                return self.fail(attribute, Code::CFG040, SUMMARY, detail);
            }
        };
        if pairs.iter().any(|(key, _)| key.is_empty()) {
            return self.fail(
                attribute,
                Code::CFG040,
                SUMMARY,
                "A key of \"for_each\" is empty; keys become part of addresses.",
            );
        }
        Ok(Repetition::Keys(pairs))
    }

    fn count(&mut self, attribute: &Attribute) -> Result<Repetition, Failed> {
        const SUMMARY: &str = "Invalid count argument";
        let value = self.evaluate(attribute, &BlockScope::plain(self.namespace))?;
        if value.sensitive {
            let detail = "Sensitive values, or values derived from sensitive values, cannot be used as count arguments. If used, the sensitive value could be exposed as a resource instance key.";
            return self.fail(attribute, Code::CFG022, SUMMARY, detail);
        }
        if value.is_null() {
            let detail = "The given \"count\" argument value is null. An integer is required.";
            return self.fail(attribute, Code::CFG041, SUMMARY, detail);
        }
        match convert(&value, &Type::Number).map(|value| value.data) {
            Ok(Data::Unknown) => Ok(Repetition::Unknown),
            Ok(Data::Number(number)) => {
                match number.to_i64().filter(|count| (0..=MAX_INSTANCES).contains(count)) {
                    Some(count) => Ok(Repetition::Count(u32::try_from(count).unwrap_or_default())),
                    None => {
                        let detail = format!(
                            "The given \"count\" argument value is unsuitable: must be a whole number from 0 to {MAX_INSTANCES}."
                        );
                        self.fail(attribute, Code::CFG041, SUMMARY, detail)
                    }
                }
            }
            _ => {
                let detail = "The given \"count\" argument value is unsuitable: number required.";
                self.fail(attribute, Code::CFG041, SUMMARY, detail)
            }
        }
    }

    /// The name of an instance: the label when none is written.
    fn name(
        &mut self,
        label: &Arc<str>,
        key: Option<&InstanceKey>,
        each: &Value,
    ) -> Result<Option<Arc<str>>, Failed> {
        let Some(attribute) = self.block.body.get_attribute("name") else {
            return Ok(Some(Arc::clone(label)));
        };
        let scope = match key {
            Some(key) => BlockScope::instance(self.namespace, key, each),
            None => BlockScope::plain(self.namespace),
        };
        let value = self.evaluate(attribute, &scope)?;
        if value.sensitive {
            let detail = "The name of a role stands in plans and in the state, so it must not be sensitive.";
            return self.fail(attribute, Code::CFG022, "Sensitive value not allowed", detail);
        }
        if value.is_null() {
            return Ok(Some(Arc::clone(label)));
        }
        match convert(&value, &Type::String) {
            Ok(Value { data: Data::String(text), .. }) => Ok(Some(text)),
            Ok(_) => Ok(None),
            Err(mismatch) => {
                let detail = format!("Inappropriate value for attribute \"name\": {}.", mismatch.text());
                self.fail(attribute, Code::CFG021, "Incorrect attribute value type", detail)
            }
        }
    }
}
