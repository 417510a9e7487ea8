//! Instances of blocks (`for_each`, `count`), and the names of those of a role.
//!
//! Not here: everything else in a block (`lower`). Invariant: keys are known,
//! not sensitive, and each instance has a text for a name.

use std::sync::Arc;

use hcl::edit::Span as _;
use hcl::edit::structure::{Attribute, Block};

use super::scope::BlockScope;
use super::space::Shape;
use crate::code::Code;
use crate::config::evaluate::{Evaluator, Failed, Keys};
use crate::config::parse::Tree;
use crate::config::value::convert::convert;
use crate::config::value::types::{Type, type_of};
use crate::config::value::{Data, Reference, Value};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::name::{InstanceKey, quoted};

/// Instances of a role block, and what `role.label` stands for.
#[derive(Clone)]
pub(crate) struct Head {
    /// The block as a value: one role, an object of roles or a tuple of roles.
    pub(crate) value: Value,
    /// The instances.
    pub(crate) instances: Vec<Instance>,
    /// How they are told apart.
    pub(crate) shape: Shape,
}

/// One instance of a role block.
#[derive(Clone)]
pub(crate) struct Instance {
    /// Which.
    pub(crate) each: Each,
    /// Its name in PostgreSQL, not yet proven; none when it is not known.
    pub(crate) name: Option<Arc<str>>,
}

/// Which instance of a block it is, and what `each` and `count` are in it.
#[derive(Clone)]
pub(crate) enum Each {
    /// The only one, of a block without `for_each` and `count`.
    Alone,
    /// `each.key` and `each.value`.
    Key(Arc<str>, Value),
    /// `count.index`.
    Index(u32),
    /// It stands for instances that are not known.
    Unknown,
}

impl Each {
    /// The key in the address of the instance.
    pub(crate) fn key(&self) -> Option<InstanceKey> {
        match self {
            Each::Key(key, _) => Some(InstanceKey::Key(Arc::clone(key))),
            Each::Index(index) => Some(InstanceKey::Index(*index)),
            Each::Alone | Each::Unknown => None,
        }
    }

    /// The step of a module's address that the instance is: `crm`, `crm["eu"]`, `crm[0]`.
    pub(crate) fn step(&self, label: &str) -> Arc<str> {
        match self {
            Each::Key(key, _) => format!("{label}[{}]", quoted(key)).into(),
            Each::Index(index) => format!("{label}[{index}]").into(),
            Each::Unknown => format!("{label}[*]").into(),
            Each::Alone => label.into(),
        }
    }
}

/// What `for_each` or `count` of a block amounts to.
#[derive(Clone)]
pub(crate) struct Repetition {
    /// How the instances are told apart.
    pub(crate) shape: Shape,
    /// The instances.
    pub(crate) each: Vec<Each>,
}

/// Most instances of one block.
const MAX_INSTANCES: i64 = 1_000_000;

/// Evaluates `for_each`, `count` and `name` of a role block.
pub(crate) fn head(
    scope: &BlockScope<'_>,
    label: &Arc<str>,
    tree: &Tree,
    diagnostics: &mut Diagnostics,
) -> Option<Head> {
    let mut reader = HeadReader { scope, tree, block: tree.block()?, diagnostics };
    let Repetition { shape, each } = reader.repetition().ok()?;
    let mut instances = Vec::with_capacity(each.len());
    for each in each {
        let name = reader.name(label, &each).ok()?;
        instances.push(Instance { each, name });
    }
    let reference = |instance: &Instance| match &instance.name {
        Some(name) => Value::new(Data::Reference(Arc::new(Reference::Role {
            address: scope.space().block(label, instance.each.key()),
            name: Arc::clone(name),
        }))),
        None => Value::unknown(),
    };
    let value = shape.value(instances.iter().map(|instance| (&instance.each, reference(instance))));
    Some(Head { value, instances, shape })
}

/// Evaluates `for_each` and `count` of a block.
pub(crate) fn repetition(
    scope: &BlockScope<'_>,
    tree: &Tree,
    diagnostics: &mut Diagnostics,
) -> Option<Repetition> {
    HeadReader { scope, tree, block: tree.block()?, diagnostics }.repetition().ok()
}

impl Shape {
    /// What the instances are told apart by, where that is known.
    pub(crate) fn keys(self) -> Option<Keys> {
        match self {
            Shape::Alone => Some(Keys::None),
            Shape::Keyed => Some(Keys::Texts),
            Shape::Counted => Some(Keys::Numbers),
            Shape::Unknown => None,
        }
    }

    /// What a block stands for whose instances have these values.
    pub(crate) fn value<'e>(self, instances: impl Iterator<Item = (&'e Each, Value)>) -> Value {
        match self {
            Shape::Unknown => Value::unknown(),
            Shape::Alone => instances.map(|(_, value)| value).next().unwrap_or_else(Value::unknown),
            Shape::Counted => Value::tuple(instances.map(|(_, value)| value).collect()),
            Shape::Keyed => {
                let keyed = instances.filter_map(|(each, value)| match each {
                    Each::Key(key, _) => Some((Arc::clone(key), value)),
                    Each::Alone | Each::Index(_) | Each::Unknown => None,
                });
                Value::object(keyed.collect())
            }
        }
    }
}

struct HeadReader<'r> {
    scope: &'r BlockScope<'r>,
    tree: &'r Tree,
    block: &'r Block,
    diagnostics: &'r mut Diagnostics,
}

impl Repetition {
    /// What a block of this label stands for whose instances are servers.
    pub(crate) fn servers(&self, label: &str) -> Value {
        let server = |each: &Each| {
            Value::new(Data::Reference(Arc::new(Reference::Server { label: each.step(label) })))
        };
        self.shape.value(self.each.iter().map(|each| (each, server(each))))
    }

    fn unknown() -> Repetition {
        Repetition { shape: Shape::Unknown, each: vec![Each::Unknown] }
    }
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
        let alone = || Repetition { shape: Shape::Alone, each: vec![Each::Alone] };
        let for_each = self.block.body.get_attribute("for_each");
        let count = self.block.body.get_attribute("count");
        match (for_each, count) {
            (None, None) => Ok(alone()),
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
        let value = self.evaluate(attribute, self.scope)?;
        let pairs: Vec<(Arc<str>, Value)> = match &value.data {
            Data::Unknown => return Ok(Repetition::unknown()),
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
        let each = pairs.into_iter().map(|(key, value)| Each::Key(key, value)).collect();
        Ok(Repetition { shape: Shape::Keyed, each })
    }

    fn count(&mut self, attribute: &Attribute) -> Result<Repetition, Failed> {
        const SUMMARY: &str = "Invalid count argument";
        let value = self.evaluate(attribute, self.scope)?;
        if value.sensitive {
            let detail = "Sensitive values, or values derived from sensitive values, cannot be used as count arguments. If used, the sensitive value could be exposed as a resource instance key.";
            return self.fail(attribute, Code::CFG022, SUMMARY, detail);
        }
        if value.is_null() {
            let detail = "The given \"count\" argument value is null. An integer is required.";
            return self.fail(attribute, Code::CFG041, SUMMARY, detail);
        }
        match convert(&value, &Type::Number).map(|value| value.data) {
            Ok(Data::Unknown) => Ok(Repetition::unknown()),
            Ok(Data::Number(number)) => {
                match number.to_i64().filter(|count| (0..=MAX_INSTANCES).contains(count)) {
                    Some(count) => {
                        let each = (0..u32::try_from(count).unwrap_or_default()).map(Each::Index).collect();
                        Ok(Repetition { shape: Shape::Counted, each })
                    }
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

    /// The name of an instance: the label when none is written; none when it is not known.
    fn name(&mut self, label: &Arc<str>, each: &Each) -> Result<Option<Arc<str>>, Failed> {
        if matches!(each, Each::Unknown) {
            return Ok(None);
        }
        let Some(attribute) = self.block.body.get_attribute("name") else {
            return Ok(Some(Arc::clone(label)));
        };
        let scope = self.scope.of(each);
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
