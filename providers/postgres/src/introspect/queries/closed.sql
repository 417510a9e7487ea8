-- Databases that accept no connections, and the roles that hold or own something there. The entries
-- of such a database are few, and read by the index on (dbid, …) as in elsewhere.sql.
-- $1: the roles.
SELECT DISTINCT d.datname, r.rolname
FROM pg_catalog.pg_database d
CROSS JOIN LATERAL (
    SELECT s.refclassid, s.refobjid
    FROM pg_catalog.pg_shdepend s
    WHERE s.dbid = d.oid
    ORDER BY s.dbid, s.classid, s.objid, s.objsubid
    OFFSET 0
) AS entry
JOIN pg_catalog.pg_roles r ON r.oid = entry.refobjid
WHERE NOT d.datallowconn
  AND entry.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
  AND r.rolname = ANY ($1)
