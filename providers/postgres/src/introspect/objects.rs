//! One function per kind: which objects a row of its query stands for.
//!
//! Not here: which of them are kept (`collect`). Invariant: the columns read here are those
//! of the query of the same name, in its order.

use tokio_postgres::Row;

use engine::name::{Name, NameError, SchemaName};
use engine::object::{DefaultPrivileges, Object, ObjectKind};

use super::collect::{ClassRow, Collector};
use super::{ReadError, name};

/// Makes an object of its name.
pub(super) type Make = fn(&str) -> Result<Object, NameError>;

impl<'a> Collector<'a> {
    /// Schemas, and what lives in none and has a plain name.
    pub(super) fn named(&mut self, kind: ObjectKind, rows: &'a [Row], make: Make) -> Result<(), ReadError> {
        for row in rows {
            let row = ClassRow::read(kind, row)?;
            let class = self.judge(&row, row.names.len())?;
            self.insert(&row, &class, |place| name(row.names[place], make))?;
        }
        Ok(())
    }

    /// Tables and their like, and sequences.
    pub(super) fn relations(&mut self, rows: &'a [Row]) -> Result<(), ReadError> {
        for row in rows {
            let sequences: bool = row.try_get(7)?;
            let kind = if sequences { ObjectKind::Sequence } else { ObjectKind::Table };
            let make = if sequences { Object::Sequence } else { Object::Table };
            self.qualified(ClassRow::read(kind, row)?, make)?;
        }
        Ok(())
    }

    /// Types and domains.
    pub(super) fn types(&mut self, rows: &'a [Row]) -> Result<(), ReadError> {
        for row in rows {
            self.qualified(ClassRow::read(ObjectKind::Type, row)?, Object::Type)?;
        }
        Ok(())
    }

    fn qualified(
        &mut self,
        row: ClassRow<'a>,
        make: fn(SchemaName, Name) -> Object,
    ) -> Result<(), ReadError> {
        let schema = self.schema(&row)?;
        let class = self.judge(&row, row.names.len())?;
        self.insert(&row, &class, |place| Ok(make(schema.clone(), name(row.names[place], Name::new)?)))
    }

    /// Columns of relations.
    pub(super) fn columns(&mut self, rows: &'a [Row]) -> Result<(), ReadError> {
        for row in rows {
            let relations: Vec<&str> = row.try_get(7)?;
            let row = ClassRow::read(ObjectKind::Column, row)?;
            let schema = self.schema(&row)?;
            let class = self.judge(&row, row.names.len())?;
            self.insert(&row, &class, |place| {
                let relation = name(relations[place], Name::new)?;
                let column = name(row.names[place], Name::new)?;
                Ok(Object::Column(schema.clone(), relation, column))
            })?;
        }
        Ok(())
    }

    /// Functions, procedures, aggregates, window functions.
    pub(super) fn routines(&mut self, rows: &'a [Row]) -> Result<(), ReadError> {
        for row in rows {
            let arguments: Option<Vec<&str>> = row.try_get(7)?;
            let arguments = arguments.unwrap_or_default();
            let count: i32 = row.try_get(8)?;
            let row = ClassRow::read(ObjectKind::Routine, row)?;
            let schema = self.schema(&row)?;
            let class = self.judge(&row, usize::try_from(count).unwrap_or(0))?;
            self.insert(&row, &class, |place| {
                let routine = name(row.names[place], Name::new)?;
                Ok(Object::Routine(schema.clone(), routine, arguments[place].into()))
            })?;
        }
        Ok(())
    }

    /// Large objects.
    pub(super) fn large_objects(&mut self, rows: &'a [Row]) -> Result<(), ReadError> {
        for row in rows {
            let row = ClassRow::read(ObjectKind::LargeObject, row)?;
            let class = self.judge(&row, row.oids.len())?;
            self.insert(&row, &class, |place| Ok(Object::LargeObject(row.oids[place])))?;
        }
        Ok(())
    }

    /// Rows of default privileges. Bound to their key alone: they come and go with what they hold.
    pub(super) fn default_privileges(&mut self, rows: &'a [Row]) -> Result<(), ReadError> {
        for row in rows {
            let schema: Option<&str> = row.try_get(0)?;
            let creator: &str = row.try_get(1)?;
            let letter: i8 = row.try_get(2)?;
            let letter = char::from(letter.unsigned_abs());
            let kind = default_kind(letter)
                .ok_or_else(|| ReadError::UnknownDefault { creator: creator.to_owned(), kind: letter })?;
            let row = ClassRow {
                kind,
                namespace: None,
                system: false,
                listed: false,
                owner: creator,
                acl: Some(row.try_get(3)?),
                names: vec![creator],
                oids: vec![],
            };
            let class = self.judge(&row, 1)?;
            let schema = schema.map(|schema| name(schema, SchemaName::new)).transpose()?;
            let creator = self.judge.role(creator)?;
            self.insert_default(&class, DefaultPrivileges { creator, schema, kind });
        }
        Ok(())
    }
}

/// The kind behind `pg_default_acl.defaclobjtype`.
fn default_kind(letter: char) -> Option<ObjectKind> {
    match letter {
        'r' => Some(ObjectKind::Table),
        'S' => Some(ObjectKind::Sequence),
        'f' => Some(ObjectKind::Routine),
        'T' => Some(ObjectKind::Type),
        'n' => Some(ObjectKind::Schema),
        'L' => Some(ObjectKind::LargeObject),
        _ => None,
    }
}
