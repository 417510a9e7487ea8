-- Foreign servers in ACL classes.
-- $1: list them whole; $2: roles whose possessions are listed too.
SELECT NULL::pg_catalog.name AS namespace,
       false AS system,
       $1 AS listed,
       pg_catalog.pg_get_userbyid(class.srvowner) AS owner,
       class.srvacl::pg_catalog.text AS acl,
       class.names,
       class.oids
FROM (
    SELECT o.srvowner, o.srvacl,
           pg_catalog.array_agg(o.srvname) AS names, pg_catalog.array_agg(o.oid) AS oids
    FROM pg_catalog.pg_foreign_server o
    WHERE $1
       OR o.srvacl IS NOT NULL
       OR o.srvowner IN (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($2))
    GROUP BY o.srvowner, o.srvacl
) AS class
