//! Operators: arithmetic, comparison, equality, logic.
//!
//! As in Terraform, `&&` and `||` evaluate both sides, and `==` is false between
//! different types. Unlike it, dividing by zero is an error, not infinity.
//! Invariant: the result is sensitive when an operand is.

use hcl::edit::Span as _;
use hcl::edit::expr::{BinaryOp, BinaryOperator, Expression, UnaryOp, UnaryOperator};

use super::{Evaluator, Failed, Outcome};
use crate::code::Code;
use crate::config::value::convert::convert;
use crate::config::value::number::Number;
use crate::config::value::types::{Type, type_of};
use crate::config::value::{Data, Value, equal};
use crate::diagnostic::Diagnostic;

impl Evaluator<'_> {
    pub(super) fn unary(&mut self, operation: &UnaryOp) -> Outcome {
        let value = self.evaluate(&operation.expr)?;
        let wanted = match operation.operator.value() {
            UnaryOperator::Neg => Type::Number,
            UnaryOperator::Not => Type::Bool,
        };
        let operand = self.operand(&operation.expr, &value, "unary", &wanted)?;
        let result = match operand.data {
            Data::Number(number) => Value::number(number.negate()),
            Data::Bool(value) => Value::bool(!value),
            _ => Value::unknown(),
        };
        Ok(result.marked(value.sensitive))
    }

    pub(super) fn binary(&mut self, operation: &BinaryOp, whole: &Expression) -> Outcome {
        let left = self.evaluate(&operation.lhs_expr);
        let right = self.evaluate(&operation.rhs_expr);
        let (left, right) = (left?, right?);
        let sensitive = left.has_marks() || right.has_marks();
        let operator = *operation.operator.value();
        let result = match operator {
            BinaryOperator::Eq | BinaryOperator::NotEq => {
                if left.has_unknown() || right.has_unknown() {
                    Value::unknown()
                } else {
                    Value::bool(equal(&left, &right) == (operator == BinaryOperator::Eq))
                }
            }
            _ => {
                let wanted = match operator {
                    BinaryOperator::And | BinaryOperator::Or => Type::Bool,
                    _ => Type::Number,
                };
                let left = self.operand(&operation.lhs_expr, &left, "left", &wanted);
                let right = self.operand(&operation.rhs_expr, &right, "right", &wanted);
                match (left?.data, right?.data) {
                    (Data::Number(left), Data::Number(right)) => {
                        self.numbers(operator, (&left, &right), whole)?
                    }
                    (Data::Bool(left), Data::Bool(right)) => Value::bool(match operator {
                        BinaryOperator::And => left && right,
                        _ => left || right,
                    }),
                    _ => Value::unknown(),
                }
            }
        };
        Ok(result.marked(sensitive))
    }

    /// An operand of the type that its operator needs.
    fn operand(&mut self, at: &Expression, value: &Value, side: &str, wanted: &Type) -> Outcome {
        if value.is_null() {
            return self.fail(
                at,
                Code::CFG020,
                "Operation failed",
                "Error during operation: argument must not be null.",
            );
        }
        match convert(value, wanted) {
            Ok(value) => Ok(value),
            Err(mismatch) => {
                let detail = format!("Unsuitable value for {side} operand: {}.", mismatch.text());
                self.fail(at, Code::CFG010, "Invalid operand", detail)
            }
        }
    }

    fn numbers(&mut self, operator: BinaryOperator, pair: (&Number, &Number), whole: &Expression) -> Outcome {
        let (left, right) = pair;
        let result = match operator {
            BinaryOperator::Plus => left.add(right),
            BinaryOperator::Minus => left.subtract(right),
            BinaryOperator::Mul => left.multiply(right),
            BinaryOperator::Div | BinaryOperator::Mod if right.is_zero() => {
                let span = self.place.span(whole.span());
                return self.report(
                    Diagnostic::error(
                        Code::CFG011,
                        "Division by zero",
                        "The divisor of this operation is zero.",
                    )
                    .at(span),
                );
            }
            BinaryOperator::Div => left.divide(right),
            BinaryOperator::Mod => left.remainder(right),
            BinaryOperator::Less => return Ok(Value::bool(left < right)),
            BinaryOperator::LessEq => return Ok(Value::bool(left <= right)),
            BinaryOperator::Greater => return Ok(Value::bool(left > right)),
            BinaryOperator::GreaterEq => return Ok(Value::bool(left >= right)),
            // Handled by the caller: they do not take numbers.
            BinaryOperator::Eq | BinaryOperator::NotEq | BinaryOperator::And | BinaryOperator::Or => None,
        };
        match result {
            Some(number) => Ok(Value::number(number)),
            None => {
                let detail = "Error during operation: the result is too large.";
                self.fail::<Value>(whole, Code::CFG010, "Operation failed", detail).or(Err(Failed))
            }
        }
    }
}

/// Says how the types of the arms of a conditional differ.
pub(super) fn difference(when_true: &Value, when_false: &Value) -> String {
    let (yes, no) = (type_of(when_true), type_of(when_false));
    match (&yes, &no) {
        (Type::Object(yes), Type::Object(no)) => {
            if let Some(name) = yes.keys().find(|name| !no.contains_key(*name)) {
                return format!(
                    "The 'true' value includes object attribute \"{name}\", which is absent in the 'false' value."
                );
            }
            if let Some(name) = no.keys().find(|name| !yes.contains_key(*name)) {
                return format!(
                    "The 'false' value includes object attribute \"{name}\", which is absent in the 'true' value."
                );
            }
            let name = yes.keys().find(|name| yes[*name] != no[*name]).map_or("", |name| name.as_ref());
            format!("Type mismatch for object attribute \"{name}\".")
        }
        (Type::Tuple(yes), Type::Tuple(no)) if yes.len() != no.len() => {
            format!(
                "The 'true' tuple has length {}, but the 'false' tuple has length {}.",
                yes.len(),
                no.len()
            )
        }
        _ => format!("The 'true' value is {}, but the 'false' value is {}.", yes.friendly(), no.friendly()),
    }
}
