//! One type for several, as Terraform chooses it (go-cty, `convert.UnifyUnsafe`).
//!
//! Used for the arms of a conditional and for the elements of `list(any)`.
//! Invariant: the result is a type that every given type is convertible to.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::convert::convertible;
use super::types::Type;

/// The type that all of these can become; `None` when there is none.
pub(crate) fn unify(types: &[Type]) -> Option<Type> {
    let count = |test: fn(&Type) -> bool| types.iter().filter(|t| test(t)).count();
    let any = count(|t| matches!(t, Type::Any));
    let maps = count(|t| matches!(t, Type::Map(_)));
    let objects = count(|t| matches!(t, Type::Object(_)));
    let lists = count(|t| matches!(t, Type::List(_)));
    let tuples = count(|t| matches!(t, Type::Tuple(_)));
    let sets = count(|t| matches!(t, Type::Set(_)));
    let all = types.len();
    if maps > 0 && maps + any == all {
        return collection(types).map(Type::map);
    }
    if maps > 0 && maps + objects + any == all {
        if let Some(found) = objects_as_maps(types) {
            return Some(found);
        }
    } else if lists > 0 && lists + any == all {
        return collection(types).map(Type::list);
    } else if lists > 0 && lists + tuples + any == all {
        if let Some(found) = tuples_as_lists(types) {
            return Some(found);
        }
    } else if sets > 0 && sets + any == all {
        return collection(types).map(Type::set);
    } else if objects > 0 && objects + any == all {
        return unify_objects(types, any > 0);
    } else if tuples > 0 && tuples + any == all {
        return unify_tuples(types, any > 0);
    } else if objects > 0 && tuples > 0 {
        return None;
    }
    preferred(types)
}

fn element(of: &Type) -> Option<Type> {
    match of {
        Type::List(element) | Type::Set(element) | Type::Map(element) => Some(element.as_ref().clone()),
        _ => None,
    }
}

/// The element type of several collections of one kind. An undecided one beside them
/// (a null) leaves the element type to the others.
fn collection(types: &[Type]) -> Option<Type> {
    let elements: Vec<Type> = types.iter().filter_map(element).collect();
    unify(&elements)
}

fn objects_as_maps(types: &[Type]) -> Option<Type> {
    let mut maps = Vec::with_capacity(types.len());
    for of in types {
        maps.push(match of {
            Type::Object(attributes) => Type::map(unify_all(attributes.values())?),
            other => other.clone(),
        });
    }
    collection(&maps).map(Type::map)
}

fn tuples_as_lists(types: &[Type]) -> Option<Type> {
    let mut lists = Vec::with_capacity(types.len());
    for of in types {
        lists.push(match of {
            Type::Tuple(elements) => Type::list(unify_all(elements.iter())?),
            other => other.clone(),
        });
    }
    collection(&lists).map(Type::list)
}

/// Unifies what stands in one structure; an empty one fits everything.
fn unify_all<'a>(types: impl Iterator<Item = &'a Type>) -> Option<Type> {
    let types: Vec<Type> = types.cloned().collect();
    if types.is_empty() { Some(Type::Any) } else { unify(&types) }
}

fn unify_objects(types: &[Type], undecided: bool) -> Option<Type> {
    let objects: Vec<&BTreeMap<Arc<str>, Type>> = types
        .iter()
        .filter_map(|of| match of {
            Type::Object(attributes) => Some(attributes.as_ref()),
            _ => None,
        })
        .collect();
    if undecided && objects.len() == 1 {
        return Some(Type::Object(Arc::new(objects[0].clone())));
    }
    let same = objects.windows(2).all(|pair| pair[0].keys().eq(pair[1].keys()));
    if same {
        let first = objects.first()?;
        let mut unified = BTreeMap::new();
        for name in first.keys() {
            let of: Vec<Type> = objects.iter().map(|object| object[name].clone()).collect();
            match unify(&of) {
                Some(found) => unified.insert(Arc::clone(name), found),
                None => return objects_to_map(&objects),
            };
        }
        return Some(Type::Object(Arc::new(unified)));
    }
    objects_to_map(&objects)
}

fn objects_to_map(objects: &[&BTreeMap<Arc<str>, Type>]) -> Option<Type> {
    unify_all(objects.iter().flat_map(|object| object.values())).map(Type::map)
}

fn unify_tuples(types: &[Type], undecided: bool) -> Option<Type> {
    let tuples: Vec<&Vec<Type>> = types
        .iter()
        .filter_map(|of| match of {
            Type::Tuple(elements) => Some(elements.as_ref()),
            _ => None,
        })
        .collect();
    if undecided && tuples.len() == 1 {
        return Some(Type::Tuple(Arc::new(tuples[0].clone())));
    }
    if tuples.windows(2).all(|pair| pair[0].len() == pair[1].len()) {
        let width = tuples.first()?.len();
        let mut unified = Vec::with_capacity(width);
        for position in 0..width {
            let of: Vec<Type> = tuples.iter().map(|tuple| tuple[position].clone()).collect();
            match unify(&of) {
                Some(found) => unified.push(found),
                None => return tuples_to_list(&tuples),
            }
        }
        return Some(Type::Tuple(Arc::new(unified)));
    }
    tuples_to_list(&tuples)
}

fn tuples_to_list(tuples: &[&Vec<Type>]) -> Option<Type> {
    unify_all(tuples.iter().flat_map(|tuple| tuple.iter())).map(Type::list)
}

/// The first type, most general first, that all others can become.
fn preferred(types: &[Type]) -> Option<Type> {
    let mut candidates: Vec<&Type> = types.iter().collect();
    candidates.sort_by_key(|of| generality(of));
    candidates.into_iter().find(|wanted| types.iter().all(|of| convertible(of, wanted))).cloned()
}

/// Lower is preferred: strings before other primitives, lists before sets before
/// tuples, maps before objects, the undecided last.
fn generality(of: &Type) -> u8 {
    match of {
        Type::String | Type::Map(_) | Type::List(_) => 0,
        Type::Number | Type::Bool | Type::Set(_) => 1,
        Type::Tuple(_) | Type::Object(_) | Type::Role | Type::Server => 2,
        Type::Any => 3,
    }
}
