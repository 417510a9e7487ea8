//! Whether roles that granted something could revoke it again.
//!
//! A REVOKE must be run as the role that granted (`sql::grant`), which works only while that
//! role exists, reaches the object, and is not taken for its owner, as superusers are. Asked in
//! one more round trip, and only where somebody in scope holds something from another than
//! the owner.
//! Not here: whether the administrator may act as that role (`preflight`).
//! Invariant: one question per grantor and schema, however many objects.

use engine::change::Place;
use engine::name::SchemaName;
use engine::observed::{Obstacle, ObstacleKind};

use super::collect::Question;
use super::{ReadError, Reader, Value, name};

const GRANTOR: &str = include_str!("queries/grantor.sql");

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
}
