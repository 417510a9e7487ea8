-- Procedural languages in ACL classes. Untrusted ones cannot be granted, whatever PUBLIC has built in:
-- they are not listed, and nobody holds anything on them.
-- $1: list them whole; $2: roles whose possessions are listed too.
SELECT NULL::pg_catalog.name AS namespace,
       false AS system,
       class.listed,
       pg_catalog.pg_get_userbyid(class.lanowner) AS owner,
       class.acl::pg_catalog.text AS acl,
       class.names,
       class.oids
FROM (
    SELECT o.lanowner, $1 AND o.lanpltrusted AS listed,
           CASE WHEN o.lanpltrusted THEN o.lanacl ELSE '{}' END AS acl,
           pg_catalog.array_agg(o.lanname) AS names, pg_catalog.array_agg(o.oid) AS oids
    FROM pg_catalog.pg_language o
    WHERE $1
       OR o.lanacl IS NOT NULL
       OR o.lanowner IN (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($2))
    GROUP BY o.lanowner, $1 AND o.lanpltrusted, CASE WHEN o.lanpltrusted THEN o.lanacl ELSE '{}' END
) AS class
