-- In which other databases roles in scope hold or own something. For each database the index on
-- (dbid, …) or the one on the role answers, whichever finds a first entry sooner; databases
-- that are read anyway are not asked about, since reading all of pg_shdepend costs.
-- $1: the roles; $2: databases that are read anyway.
SELECT d.datname
FROM pg_catalog.pg_database d
CROSS JOIN LATERAL (
    SELECT 1
    FROM pg_catalog.pg_shdepend s
    WHERE s.dbid = d.oid
      AND s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
      AND s.refobjid = ANY (ARRAY(SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($1)))
    LIMIT 1
) AS found
WHERE d.datname <> ALL ($2)
