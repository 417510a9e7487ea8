-- Large objects in ACL classes. They have no names: `names` stays NULL.
-- $1: list them whole; $2: roles whose possessions are listed too.
SELECT NULL::pg_catalog.name AS namespace,
       false AS system,
       $1 AS listed,
       pg_catalog.pg_get_userbyid(class.lomowner) AS owner,
       class.lomacl::pg_catalog.text AS acl,
       NULL::pg_catalog.name[] AS names,
       class.oids
FROM (
    SELECT o.lomowner, o.lomacl, pg_catalog.array_agg(o.oid) AS oids
    FROM pg_catalog.pg_largeobject_metadata o
    WHERE $1
       OR o.lomacl IS NOT NULL
       OR o.lomowner IN (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($2))
    GROUP BY o.lomowner, o.lomacl
) AS class
