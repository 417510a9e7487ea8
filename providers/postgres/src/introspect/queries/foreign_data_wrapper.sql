-- Foreign-data wrappers in ACL classes.
-- $1: list them whole; $2: roles whose possessions are listed too.
SELECT NULL::pg_catalog.name AS namespace,
       false AS system,
       $1 AS listed,
       pg_catalog.pg_get_userbyid(class.fdwowner) AS owner,
       class.fdwacl::pg_catalog.text AS acl,
       class.names,
       class.oids
FROM (
    SELECT o.fdwowner, o.fdwacl,
           pg_catalog.array_agg(o.fdwname) AS names, pg_catalog.array_agg(o.oid) AS oids
    FROM pg_catalog.pg_foreign_data_wrapper o
    WHERE $1
       OR o.fdwacl IS NOT NULL
       OR o.fdwowner IN (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($2))
    GROUP BY o.fdwowner, o.fdwacl
) AS class
