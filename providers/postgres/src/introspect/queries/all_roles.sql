-- Every role of the server.
SELECT r.rolname, r.oid, r.rolsuper
FROM pg_catalog.pg_roles r
