-- Whether grantors can revoke what they granted: asked only when there are any but owners.
-- $1, $2: grantor and schema (empty for none), one of each for every question.
SELECT r.oid IS NULL AS gone,
       COALESCE(r.rolsuper, false) AS superuser,
       NOT COALESCE(pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE'), true) AS no_usage
FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2))
    WITH ORDINALITY AS asked (grantor, schema, place)
LEFT JOIN pg_catalog.pg_roles r ON r.rolname = asked.grantor
LEFT JOIN pg_catalog.pg_namespace n ON n.nspname = asked.schema
ORDER BY asked.place
