-- Sessions open now, by role in scope.
-- $1: the roles.
SELECT a.usename, pg_catalog.count(*)
FROM pg_catalog.pg_stat_activity a
WHERE a.usename = ANY ($1)
GROUP BY a.usename
