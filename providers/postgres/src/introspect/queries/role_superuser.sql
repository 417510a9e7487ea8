-- Roles in scope with their attributes. Only the SHA-256 of a password's verifier leaves the server;
-- only a superuser may look at all.
-- $1: the roles.
SELECT r.rolname, r.oid, r.rolcanlogin, r.rolinherit, r.rolsuper, r.rolcreatedb, r.rolcreaterole,
       r.rolreplication, r.rolbypassrls, r.rolconnlimit,
       r.rolvaliduntil = '-infinity' AS never_valid,
       CASE WHEN pg_catalog.isfinite(r.rolvaliduntil) THEN
           pg_catalog.to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')
           || CASE WHEN r.rolvaliduntil < '0001-01-01 00:00:00+00' THEN ' BC' ELSE '' END END AS valid_until,
       comment.description,
       r.rolpassword IS NOT NULL AS has_password,
       pg_catalog.sha256(pg_catalog.convert_to(r.rolpassword, 'UTF8')) AS verifier,
       pg_catalog.starts_with(r.rolpassword, 'md5') AS md5
FROM pg_catalog.pg_authid r
LEFT JOIN pg_catalog.pg_shdescription comment
    ON comment.objoid = r.oid AND comment.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass
WHERE r.rolname = ANY ($1)
