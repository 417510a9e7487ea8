-- Every database of the server. A database whose DROP was interrupted (limit -2) refuses too.
SELECT d.datname, d.oid, pg_catalog.pg_get_userbyid(d.datdba) AS owner, d.datacl::pg_catalog.text AS acl,
       d.datallowconn AND d.datconnlimit <> -2 AS accepts_connections, d.datistemplate
FROM pg_catalog.pg_database d
