-- ACLs of relations on whose columns somebody granted without an option of its own on the column.
-- $1, $2: schemas and relations, pairwise.
SELECT n.nspname AS schema, c.relname AS relation, c.relacl::pg_catalog.text AS acl
FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS asked (schema, relation)
JOIN pg_catalog.pg_namespace n ON n.nspname = asked.schema
JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = asked.relation
WHERE c.relacl IS NOT NULL
