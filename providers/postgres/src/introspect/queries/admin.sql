-- Who the administrator is, what it has, whom it may act as, and what it may hand on. ADMIN
-- option shows in pg_has_role as "WITH ADMIN OPTION", whatever stands before it.
SELECT r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls,
       pg_catalog.pg_get_userbyid(10) AS bootstrap,
       ARRAY(SELECT o.rolname FROM pg_catalog.pg_roles o
             WHERE pg_catalog.pg_has_role(r.oid, o.oid, 'USAGE')) AS has_privileges_of,
       ARRAY(SELECT o.rolname FROM pg_catalog.pg_roles o
             WHERE pg_catalog.pg_has_role(r.oid, o.oid, server.act)) AS may_become,
       ARRAY(SELECT o.rolname FROM pg_catalog.pg_roles o
             WHERE pg_catalog.pg_has_role(r.oid, o.oid, 'USAGE WITH ADMIN OPTION')
                OR (r.rolcreaterole AND NOT o.rolsuper
                    AND server.version < 160000)) AS may_grant
FROM pg_catalog.pg_roles r
CROSS JOIN (
    SELECT version, CASE WHEN version < 160000 THEN 'MEMBER' ELSE 'SET' END AS act
    FROM pg_catalog.int4(pg_catalog.current_setting('server_version_num')) AS version
) AS server
WHERE r.rolname = CURRENT_USER
