-- Tablespaces in ACL classes.
-- $1: list them whole; $2: roles whose possessions are listed too.
SELECT NULL::pg_catalog.name AS namespace,
       false AS system,
       $1 AS listed,
       pg_catalog.pg_get_userbyid(class.spcowner) AS owner,
       class.spcacl::pg_catalog.text AS acl,
       class.names,
       class.oids
FROM (
    SELECT o.spcowner, o.spcacl,
           pg_catalog.array_agg(o.spcname) AS names, pg_catalog.array_agg(o.oid) AS oids
    FROM pg_catalog.pg_tablespace o
    WHERE $1
       OR o.spcacl IS NOT NULL
       OR o.spcowner IN (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($2))
    GROUP BY o.spcowner, o.spcacl
) AS class
