-- Subscriptions that roles in scope own: a shared catalog, but each belongs to one database.
-- $1: the roles.
SELECT r.rolname AS owner, d.datname AS database, s.subname
FROM pg_catalog.pg_subscription s
JOIN pg_catalog.pg_roles r ON r.oid = s.subowner
JOIN pg_catalog.pg_database d ON d.oid = s.subdbid
WHERE r.rolname = ANY ($1)
