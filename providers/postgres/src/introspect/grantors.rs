//! Whether roles that granted something could revoke it again.
//!
//! A REVOKE must be run as the role that granted (`sql::grant`), which works only while that
//! role exists, reaches the object, is not taken for its owner, as superusers are, and has the grant
//! option. Asked in one more round trip, and only where somebody in scope holds something from
//! another than the owner.
//! Not here: whether the administrator may act as that role (`preflight`).
//! Invariant: one question per grantor and schema, however many objects.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use engine::change::Place;
use engine::name::SchemaName;
use engine::object::Object;
use engine::observed::{Lapse, Lapses, Obstacle, ObstacleKind};
use engine::privilege::PrivilegeSet;

use super::collect::Question;
use super::{ReadError, Reader, Value, name};
use crate::acl::parse;

const GRANTOR: &str = include_str!("queries/grantor.sql");
const OPTION: &str = include_str!("queries/option.sql");

impl Reader<'_> {
    /// What keeps grantors from revoking.
    pub(super) async fn obstacles(
        &self,
        place: &Place,
        questions: &[Question],
    ) -> Result<Vec<Obstacle>, ReadError> {
        if questions.is_empty() {
            return Ok(Vec::new());
        }
        let grantors: Vec<&str> = questions.iter().map(|question| question.grantor.as_str()).collect();
        let schemas: Vec<&str> = questions.iter().map(|question| question.schema.as_str()).collect();
        let values = vec![Value::Names(&grantors), Value::Names(&schemas)];
        let rows = self.ask(GRANTOR, values).await?;
        let mut obstacles = Vec::new();
        for (row, question) in rows.iter().zip(questions) {
            let why = match (row.try_get(0)?, row.try_get(1)?, row.try_get(2)?) {
                (true, _, _) => ObstacleKind::Gone,
                (false, true, _) => ObstacleKind::Superuser,
                (false, false, true) => ObstacleKind::NoUsage,
                (false, false, false) => continue,
            };
            let schema = Some(question.schema.as_str()).filter(|schema| !schema.is_empty());
            obstacles.push(Obstacle {
                place: place.clone(),
                schema: schema.map(|schema| name(schema, SchemaName::new)).transpose()?,
                grantor: question.grantor.clone(),
                why,
            });
        }
        Ok(obstacles)
    }

    /// The lapses that are left when the options on tables count for their columns too.
    pub(super) async fn lapses(&self, mut lapses: Lapses) -> Result<Lapses, ReadError> {
        let relations: BTreeSet<(&str, &str)> = lapses.keys().filter_map(relation_of).collect();
        if relations.is_empty() {
            return Ok(lapses);
        }
        let (schemas, names): (Vec<&str>, Vec<&str>) = relations.into_iter().unzip();
        let rows = self.ask(OPTION, vec![Value::Names(&schemas), Value::Names(&names)]).await?;
        let mut options: BTreeMap<(&str, &str), BTreeMap<String, PrivilegeSet>> = BTreeMap::new();
        for row in &rows {
            let relation: (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
            let on = || format!("table {}.{}", relation.0, relation.1);
            let items = parse(row.try_get(2)?).map_err(|source| ReadError::Acl { on: on(), source })?;
            let of_relation = options.entry(relation).or_default();
            for item in items.into_iter().filter(|item| !item.grantable.is_empty()) {
                let held = of_relation.entry(item.grantee.unwrap_or_default().into_owned()).or_default();
                *held = held.union(item.grantable);
            }
        }
        lapses.retain(|object, of_object| {
            let on_table = relation_of(object).and_then(|relation| options.get(&relation));
            Arc::make_mut(of_object).retain(|grantor, lapse| {
                let options = on_table.and_then(|options| options.get(grantor.as_str()));
                still_lapsed(lapse, options.copied().unwrap_or_default())
            });
            !of_object.is_empty()
        });
        Ok(lapses)
    }
}

/// The relation of a column, schema and name.
fn relation_of(object: &Object) -> Option<(&str, &str)> {
    match object {
        Object::Column(schema, relation, _) => Some((schema.as_str(), relation.as_str())),
        _ => None,
    }
}

/// Takes off a lapse what there are options for elsewhere; whether anything is left.
fn still_lapsed(lapse: &mut Lapse, options: PrivilegeSet) -> bool {
    lapse.privileges = lapse.privileges.minus(options);
    lapse.held = lapse.held.minus(options);
    lapse.granted.values_mut().for_each(|privileges| *privileges = privileges.minus(options));
    lapse.granted.retain(|_, privileges| !privileges.is_empty());
    !lapse.privileges.is_empty()
}
