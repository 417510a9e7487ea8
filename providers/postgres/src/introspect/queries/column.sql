-- Columns with an ACL, and those that selectors name, in ACL classes.
-- Sequences, TOAST tables and system columns have column privileges too. The scan of pg_attribute, which has
-- a row for each column of each relation, is joined with nothing before its few rows are found.
-- $1, $2, $3: schema (empty for any but the system's), relation (empty for any) and name of each
-- column that selectors name.
WITH chosen AS MATERIALIZED (
    SELECT c.schema, c.relation, c.name
    FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2), pg_catalog.unnest($3))
        AS c (schema, relation, name)
), relation AS MATERIALIZED (
    SELECT r.oid, chosen.name
    FROM chosen
    JOIN pg_catalog.pg_class r ON r.relname = chosen.relation
    JOIN pg_catalog.pg_namespace s ON s.oid = r.relnamespace
    WHERE chosen.relation <> ''
      AND (chosen.schema = s.nspname
           OR (chosen.schema = '' AND s.nspname <> ALL ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[])))
    UNION
    SELECT r.oid, chosen.name
    FROM chosen
    JOIN pg_catalog.pg_namespace s ON chosen.schema = s.nspname
        OR (chosen.schema = '' AND s.nspname <> ALL ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[]))
    JOIN pg_catalog.pg_class r ON r.relnamespace = s.oid
    WHERE chosen.relation = ''
), selected AS MATERIALIZED (
    SELECT a.attrelid, a.attname, a.attnum, a.attacl
    FROM relation
    JOIN pg_catalog.pg_attribute a ON a.attrelid = relation.oid AND a.attname = relation.name
    WHERE NOT a.attisdropped
), found AS (
    SELECT a.attrelid, a.attname, a.attnum, a.attacl
    FROM pg_catalog.pg_attribute a
    WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT s.attrelid, s.attname, s.attnum, s.attacl FROM selected s WHERE s.attacl IS NULL
)
SELECT n.nspname,
       n.nspname = ANY ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[]) AS system,
       class.selected AS listed,
       pg_catalog.pg_get_userbyid(class.relowner) AS owner,
       class.attacl::pg_catalog.text AS acl,
       class.names,
       class.oids,
       class.relations
FROM (
    SELECT c.relnamespace, c.relowner, found.attacl,
           pg_catalog.array_agg(found.attname) AS names, pg_catalog.array_agg(c.oid) AS oids,
           pg_catalog.array_agg(c.relname) AS relations,
           selected.attrelid IS NOT NULL AS selected
    FROM found
    JOIN pg_catalog.pg_class c ON c.oid = found.attrelid
    LEFT JOIN selected ON selected.attrelid = found.attrelid AND selected.attnum = found.attnum
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 't')
      AND c.relpersistence <> 't'
    GROUP BY c.relnamespace, c.relowner, found.attacl, selected.attrelid IS NOT NULL
) AS class
JOIN pg_catalog.pg_namespace n ON n.oid = class.relnamespace
