//! Which names an expression refers to, without evaluating it.
//!
//! The order of evaluation and the report of undeclared names both follow from this,
//! so that a misspelt name is found even in an arm that is not chosen.
//! Invariant: names bound by `for` are not references.

use std::ops::Range;
use std::sync::Arc;

use hcl::edit::expr::{Expression, ForExpr, ObjectKey, Traversal, TraversalOperator};
use hcl::edit::template::{Directive, Element, Template};
use hcl::edit::{Decorated, Ident, Span as _};

use super::traverse::attribute_of;

/// A name in an expression: `var.env`, `role.x`, `foo`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    /// `var`, `local`, `role`, …
    pub(crate) root: Arc<str>,
    /// The first attribute.
    pub(crate) attribute: Option<Arc<str>>,
    /// The attribute after that, and after an instance key between them: the output of a module.
    pub(crate) member: Option<Member>,
    /// Where it stands in the tree.
    pub(crate) range: Range<usize>,
}

/// A second attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Member {
    /// What it is called.
    pub(crate) name: Arc<str>,
    /// Where the reference to it ends in the tree.
    pub(crate) end: usize,
}

/// A variable and the operators that are applied to it.
pub(super) type Reference<'t> = (&'t Expression, &'t [Decorated<TraversalOperator>]);

/// Every name in an expression, in reading order.
pub(crate) fn names(expression: &Expression) -> Vec<Name> {
    references(expression).into_iter().filter_map(Name::of).collect()
}

/// Every name in a template, in reading order.
pub(crate) fn template_names(template: &Template) -> Vec<Name> {
    let mut walk = Walk { bound: Vec::new(), found: Vec::new() };
    walk.template(template);
    walk.found.into_iter().filter_map(Name::of).collect()
}

/// Every reference in an expression, in reading order.
pub(super) fn references(expression: &Expression) -> Vec<Reference<'_>> {
    let mut walk = Walk { bound: Vec::new(), found: Vec::new() };
    walk.expression(expression);
    walk.found
}

impl Name {
    fn of((root, operators): Reference<'_>) -> Option<Name> {
        let Expression::Variable(name) = root else { return None };
        let first = operators.first();
        let attribute = first.and_then(|operator| attribute_of(operator.value()));
        let start = name.span().unwrap_or(0..0);
        let end = first.filter(|_| attribute.is_some()).and_then(|operator| operator.span());
        let range = start.start..end.map_or(start.end, |range| range.end);
        Some(Name { root: Arc::from(name.as_str()), attribute, member: member(operators), range })
    }
}

/// The attribute behind the first one, past an instance key: `out` in `x.out`, `x["k"].out`.
fn member(operators: &[Decorated<TraversalOperator>]) -> Option<Member> {
    let named = |operator: &Decorated<TraversalOperator>| match operator.value() {
        TraversalOperator::GetAttr(name) => {
            let end = operator.span().map_or(0, |range| range.end);
            Some(Member { name: Arc::from(name.as_str()), end })
        }
        _ => None,
    };
    match operators.get(1)?.value() {
        TraversalOperator::Index(_) | TraversalOperator::LegacyIndex(_) => operators.get(2).and_then(named),
        _ => operators.get(1).and_then(named),
    }
}

struct Walk<'t> {
    bound: Vec<Arc<str>>,
    found: Vec<Reference<'t>>,
}

impl<'t> Walk<'t> {
    fn expression(&mut self, expression: &'t Expression) {
        match expression {
            Expression::Null(_) | Expression::Bool(_) | Expression::Number(_) | Expression::String(_) => {}
            Expression::Array(array) => array.iter().for_each(|item| self.expression(item)),
            Expression::Object(object) => {
                for (key, value) in object {
                    if let ObjectKey::Expression(key) = key {
                        self.expression(key);
                    }
                    self.expression(value.expr());
                }
            }
            Expression::StringTemplate(template) => self.template(template),
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template),
            Expression::Parenthesis(inner) => self.expression(inner.inner()),
            Expression::Variable(_) => self.reference((expression, &[])),
            Expression::Conditional(conditional) => {
                self.expression(&conditional.cond_expr);
                self.expression(&conditional.true_expr);
                self.expression(&conditional.false_expr);
            }
            Expression::FuncCall(call) => call.args.iter().for_each(|argument| self.expression(argument)),
            Expression::Traversal(traversal) => self.traversal(traversal),
            Expression::UnaryOp(operation) => self.expression(&operation.expr),
            Expression::BinaryOp(operation) => {
                self.expression(&operation.lhs_expr);
                self.expression(&operation.rhs_expr);
            }
            Expression::ForExpr(each) => self.for_expression(each),
        }
    }

    fn traversal(&mut self, traversal: &'t Traversal) {
        match &traversal.expr {
            root @ Expression::Variable(_) => self.reference((root, &traversal.operators)),
            other => self.expression(other),
        }
        for operator in &traversal.operators {
            if let TraversalOperator::Index(key) = operator.value() {
                self.expression(key);
            }
        }
    }

    fn reference(&mut self, reference: Reference<'t>) {
        let (root, _) = reference;
        let is_bound = |name: &Ident| self.bound.iter().any(|bound| bound.as_ref() == name.as_str());
        if matches!(root, Expression::Variable(name) if !is_bound(name)) {
            self.found.push(reference);
        }
    }

    fn for_expression(&mut self, each: &'t ForExpr) {
        self.expression(&each.intro.collection_expr);
        let depth = self.bound.len();
        let key = each.intro.key_var.iter().map(|name| Arc::from(name.as_str()));
        self.bound.extend(key);
        self.bound.push(Arc::from(each.intro.value_var.as_str()));
        if let Some(key) = &each.key_expr {
            self.expression(key);
        }
        self.expression(&each.value_expr);
        if let Some(condition) = &each.cond {
            self.expression(&condition.expr);
        }
        self.bound.truncate(depth);
    }

    fn template(&mut self, template: &'t Template) {
        for element in template {
            match element {
                Element::Literal(_) => {}
                Element::Interpolation(interpolation) => self.expression(&interpolation.expr),
                Element::Directive(directive) => self.directive(directive),
            }
        }
    }

    fn directive(&mut self, directive: &'t Directive) {
        match directive {
            Directive::If(branch) => {
                self.expression(&branch.if_expr.cond_expr);
                self.template(&branch.if_expr.template);
                if let Some(otherwise) = &branch.else_expr {
                    self.template(&otherwise.template);
                }
            }
            Directive::For(each) => {
                self.expression(&each.for_expr.collection_expr);
                let depth = self.bound.len();
                let key = each.for_expr.key_var.iter().map(|name| Arc::from(name.as_str()));
                self.bound.extend(key);
                self.bound.push(Arc::from(each.for_expr.value_var.as_str()));
                self.template(&each.for_expr.template);
                self.bound.truncate(depth);
            }
        }
    }
}
