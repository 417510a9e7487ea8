-- Temporary objects of other sessions that roles own which shall be dropped, or on which they hold something
-- (`trace`), as default privileges give it: DROP ROLE fails while they are there.
-- $1: the roles.
WITH scope AS MATERIALIZED (
    SELECT r.oid, r.rolname FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($1)
), temporary AS MATERIALIZED (
    SELECT n.oid FROM pg_catalog.pg_namespace n WHERE pg_catalog.pg_is_other_temp_schema(n.oid)
), thing AS MATERIALIZED (
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid AS class, c.oid, c.relowner AS owner, c.relacl AS acl
    FROM pg_catalog.pg_class c
    WHERE c.relnamespace IN (SELECT temporary.oid FROM temporary) AND c.relkind IN ('r', 'p', 'v', 'S')
    UNION ALL
    SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, c.oid, c.relowner, a.attacl
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attacl IS NOT NULL
    WHERE c.relnamespace IN (SELECT temporary.oid FROM temporary)
    UNION ALL
    SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid, p.oid, p.proowner, p.proacl
    FROM pg_catalog.pg_proc p
    WHERE p.pronamespace IN (SELECT temporary.oid FROM temporary)
    UNION ALL
    SELECT 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid, t.oid, t.typowner, t.typacl
    FROM pg_catalog.pg_type t
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    WHERE t.typnamespace IN (SELECT temporary.oid FROM temporary)
      AND (t.typacl IS NOT NULL OR (t.typelem = 0 AND t.typtype <> 'm' AND COALESCE(c.relkind = 'c', true)))
)
SELECT scope.rolname, pg_catalog.pg_describe_object(thing.class, thing.oid, 0), false AS trace
FROM thing
JOIN scope ON scope.oid = thing.owner
UNION
SELECT scope.rolname, 'privileges on ' || pg_catalog.pg_describe_object(thing.class, thing.oid, 0), true
FROM thing
CROSS JOIN LATERAL pg_catalog.aclexplode(thing.acl) AS entry
JOIN scope ON scope.oid IN (entry.grantee, entry.grantor) AND scope.oid <> thing.owner
ORDER BY 1, 2
