-- Tables, views, materialized views, partitioned and foreign tables, and sequences, in ACL
-- classes: one row for all relations of one schema, owner and ACL. The ACL becomes text only
-- after grouping (aclitem[] hashes), since real servers have few distinct ones.
-- TOAST tables are of interest only where somebody holds something on them, or their schema is named.
-- $1: list tables whole; $2: list sequences whole; $3: roles whose possessions are listed too;
-- $4: schemas of the system that are listed like others.
SELECT n.nspname,
       n.nspname = ANY ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[]) AS system,
       CASE WHEN class.sequences THEN $2 ELSE $1 END
           AND (n.nspname <> ALL ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[]) OR n.nspname = ANY ($4)) AS listed,
       pg_catalog.pg_get_userbyid(class.relowner) AS owner,
       class.relacl::pg_catalog.text AS acl,
       class.names,
       class.oids,
       class.sequences
FROM (
    SELECT c.relnamespace, c.relowner, c.relacl, c.relkind = 'S' AS sequences,
           pg_catalog.array_agg(c.relname) AS names, pg_catalog.array_agg(c.oid) AS oids
    FROM pg_catalog.pg_class c
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 't')
      AND c.relpersistence <> 't'
      AND (c.relacl IS NOT NULL
           OR (CASE WHEN c.relkind = 'S' THEN $2 ELSE $1 END
               AND c.relnamespace NOT IN (
                   SELECT s.oid FROM pg_catalog.pg_namespace s
                   WHERE s.nspname = ANY ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[])
                     AND s.nspname <> ALL ($4)))
           OR (c.relkind <> 't'
               AND c.relowner IN (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($3))))
    GROUP BY c.relnamespace, c.relowner, c.relacl, c.relkind = 'S'
) AS class
JOIN pg_catalog.pg_namespace n ON n.oid = class.relnamespace
