-- Configuration parameters with privileges (PostgreSQL 15), in ACL classes. The bootstrap
-- superuser counts as their owner.
-- $1: list every parameter that the server knows; $2: and these, which it need not know.
SELECT NULL::pg_catalog.name AS namespace,
       false AS system,
       $1 AS listed,
       pg_catalog.pg_get_userbyid(10) AS owner,
       class.paracl::pg_catalog.text AS acl,
       class.names,
       NULL::pg_catalog.oid[] AS oids
FROM (
    SELECT p.paracl, pg_catalog.array_agg(COALESCE(p.parname, s.name)) AS names
    FROM pg_catalog.pg_parameter_acl p
    FULL JOIN (
        SELECT pg_catalog.lower(k.name) AS name FROM pg_catalog.pg_settings k WHERE $1
        UNION
        SELECT chosen.name::pg_catalog.text FROM pg_catalog.unnest($2) AS chosen (name)
    ) AS s ON s.name = p.parname
    GROUP BY p.paracl
) AS class
