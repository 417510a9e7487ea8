-- Objects in this database that depend on what a role owns without going along with it: DROP OWNED
-- would fail on them. What goes along: what depends automatically or internally, on and on.
-- At most a hundred per run are named.
-- $1: the roles.
WITH RECURSIVE scope AS MATERIALIZED (
    SELECT r.oid, r.rolname FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($1)
), gone (owner, class, oid) AS (
    SELECT s.refobjid, s.classid, s.objid
    FROM pg_catalog.pg_shdepend s
    JOIN scope ON scope.oid = s.refobjid
    WHERE s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass
      AND s.deptype = 'o'
      AND s.dbid = (SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())
    UNION
    SELECT gone.owner, d.classid, d.objid
    FROM gone
    JOIN pg_catalog.pg_depend d ON d.refclassid = gone.class AND d.refobjid = gone.oid
    WHERE d.deptype <> 'n'
)
SELECT DISTINCT scope.rolname AS owner, pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) AS description,
       false AS trace
FROM gone
JOIN scope ON scope.oid = gone.owner
JOIN pg_catalog.pg_depend d ON d.refclassid = gone.class AND d.refobjid = gone.oid AND d.deptype = 'n'
WHERE NOT EXISTS (
    SELECT 1 FROM gone other
    WHERE other.owner = gone.owner AND other.class = d.classid AND other.oid = d.objid
)
  AND pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) IS NOT NULL
ORDER BY 1, 2
LIMIT 100
