-- Procedural languages in ACL classes.
-- $1: list them whole; $2: roles whose possessions are listed too.
SELECT NULL::pg_catalog.name AS namespace,
       false AS system,
       $1 AS listed,
       pg_catalog.pg_get_userbyid(class.lanowner) AS owner,
       class.lanacl::pg_catalog.text AS acl,
       class.names,
       class.oids
FROM (
    SELECT o.lanowner, o.lanacl,
           pg_catalog.array_agg(o.lanname) AS names, pg_catalog.array_agg(o.oid) AS oids
    FROM pg_catalog.pg_language o
    WHERE $1
       OR o.lanacl IS NOT NULL
       OR o.lanowner IN (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($2))
    GROUP BY o.lanowner, o.lanacl
) AS class
