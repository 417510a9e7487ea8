-- In which other databases roles in scope hold or own something. The entries of each database are
-- read in the order of the index on (dbid, …), up to the first that counts: the ordered
-- subquery keeps the planner from reading all of pg_shdepend, or all entries of the roles, for
-- databases that have none. Those that are read anyway are not asked about.
-- $1: the roles; $2: databases that are read anyway.
SELECT d.datname
FROM pg_catalog.pg_database d
CROSS JOIN LATERAL (
    SELECT 1
    FROM (
        SELECT s.refclassid, s.refobjid
        FROM pg_catalog.pg_shdepend s
        WHERE s.dbid = d.oid
        ORDER BY s.dbid, s.classid, s.objid, s.objsubid
        OFFSET 0
    ) AS entry
    WHERE entry.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
      AND entry.refobjid = ANY (ARRAY(SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($1)))
    LIMIT 1
) AS found
WHERE d.datname <> ALL ($2)
