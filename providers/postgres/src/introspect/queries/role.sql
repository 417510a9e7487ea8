-- Roles in scope with their attributes. For an administrator who may not look at pg_authid.
-- $1: the roles.
SELECT r.rolname, r.oid, r.rolcanlogin, r.rolinherit, r.rolsuper, r.rolcreatedb, r.rolcreaterole,
       r.rolreplication, r.rolbypassrls, r.rolconnlimit,
       r.rolvaliduntil = '-infinity' AS never_valid,
       CASE WHEN pg_catalog.isfinite(r.rolvaliduntil) THEN
           pg_catalog.to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')
           || CASE WHEN r.rolvaliduntil < '0001-01-01 00:00:00+00' THEN ' BC' ELSE '' END END AS valid_until,
       comment.description,
       NULL::pg_catalog.bool AS has_password,
       NULL::pg_catalog.bytea AS verifier,
       NULL::pg_catalog.bool AS md5
FROM pg_catalog.pg_roles r
LEFT JOIN pg_catalog.pg_shdescription comment
    ON comment.objoid = r.oid AND comment.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass
WHERE r.rolname = ANY ($1)
