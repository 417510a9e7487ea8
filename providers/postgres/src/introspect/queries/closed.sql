-- Databases that accept no connections, and the roles that hold or own something there.
-- $1: the roles.
SELECT d.datname, r.rolname
FROM pg_catalog.pg_database d
CROSS JOIN pg_catalog.pg_roles r
CROSS JOIN LATERAL (
    SELECT 1
    FROM pg_catalog.pg_shdepend s
    WHERE s.dbid = d.oid
      AND s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
      AND s.refobjid = r.oid
    LIMIT 1
) AS found
WHERE NOT d.datallowconn AND r.rolname = ANY ($1)
