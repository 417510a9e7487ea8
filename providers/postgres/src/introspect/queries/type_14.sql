-- Types and domains in ACL classes, without array types (which have no ACL of their own).
-- Row types of relations and multiranges are not listed whole, only where an ACL is set or
-- selectors name them (multiranges before 17, which refuses to grant on them); pseudo-types are
-- those of the system.
-- PostgreSQL 14 and later: an array type is subscripted as arrays are.
-- $1: list them whole; $2: roles whose possessions are listed too; $3: schemas of the system
-- that are listed like others; $4: types that selectors name.
SELECT n.nspname,
       n.nspname = ANY ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[]) AS system,
       class.listed,
       pg_catalog.pg_get_userbyid(class.typowner) AS owner,
       class.typacl::pg_catalog.text AS acl,
       class.names,
       class.oids
FROM (
    SELECT t.typnamespace, t.typowner, t.typacl, chosen.listed,
           pg_catalog.array_agg(t.typname) AS names, pg_catalog.array_agg(t.oid) AS oids
    FROM pg_catalog.pg_type t
    LEFT JOIN pg_catalog.pg_class c ON c.oid = t.typrelid
    CROSS JOIN LATERAL (
        SELECT t.typisdefined AND t.typtype IN ('b', 'c', 'd', 'e', 'r', 'p')
               AND COALESCE(c.relkind = 'c', true)
    ) AS free (standing)
    CROSS JOIN (
        SELECT pg_catalog.int4(pg_catalog.current_setting('server_version_num')) < 170000
    ) AS server (takes_multiranges)
    CROSS JOIN LATERAL (
        SELECT $1
               AND (free.standing
                    OR (t.typname = ANY ($4) AND t.typisdefined
                        AND (t.typtype <> 'm' OR server.takes_multiranges)))
               AND t.typnamespace NOT IN (
                   SELECT s.oid FROM pg_catalog.pg_namespace s
                   WHERE s.nspname = ANY ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[])
                     AND s.nspname <> ALL ($3))
    ) AS chosen (listed)
    WHERE t.typsubscript <> 'pg_catalog.array_subscript_handler'::pg_catalog.regproc
      -- Implied by what follows: most types are left out before they are joined with anything.
      AND (t.typacl IS NOT NULL OR $1
           OR t.typowner IN (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($2)))
      AND (t.typacl IS NOT NULL
           OR chosen.listed
           OR (free.standing
               AND t.typowner IN (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($2))))
    GROUP BY t.typnamespace, t.typowner, t.typacl, chosen.listed
) AS class
JOIN pg_catalog.pg_namespace n ON n.oid = class.typnamespace
WHERE NOT pg_catalog.pg_is_other_temp_schema(n.oid)
