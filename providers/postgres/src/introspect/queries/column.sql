-- Columns with an ACL, and all columns of the relations that selectors name, in ACL classes.
-- Sequences and system columns have column privileges too. The scan of pg_attribute, which has
-- a row for each column of each relation, is joined with nothing before its few rows are found.
-- $1, $2: schemas and relations, pairwise, whose columns are listed whole.
WITH selected AS MATERIALIZED (
    SELECT DISTINCT r.oid
    FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS chosen (schema, relation)
    JOIN pg_catalog.pg_namespace s ON s.nspname = chosen.schema
    JOIN pg_catalog.pg_class r ON r.relnamespace = s.oid AND r.relname = chosen.relation
), found AS (
    SELECT a.attrelid, a.attname, a.attnum, a.attacl
    FROM pg_catalog.pg_attribute a
    WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
    UNION ALL
    SELECT a.attrelid, a.attname, a.attnum, a.attacl
    FROM selected
    JOIN pg_catalog.pg_attribute a ON a.attrelid = selected.oid
    WHERE a.attacl IS NULL AND NOT a.attisdropped AND a.attnum > 0
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
           found.attnum > 0 AND selected.oid IS NOT NULL AS selected
    FROM found
    JOIN pg_catalog.pg_class c ON c.oid = found.attrelid
    LEFT JOIN selected ON selected.oid = found.attrelid
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND c.relpersistence <> 't'
    GROUP BY c.relnamespace, c.relowner, found.attacl, found.attnum > 0 AND selected.oid IS NOT NULL
) AS class
JOIN pg_catalog.pg_namespace n ON n.oid = class.relnamespace
