-- Whose some schemas are, and whether this session may create schemas beside them.
-- $1: their names.
SELECT n.nspname, n.oid, pg_catalog.pg_get_userbyid(n.nspowner),
       pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
FROM pg_catalog.pg_namespace n
WHERE n.nspname = ANY ($1)
