-- Schemas in ACL classes, without temporary ones (which the catalog knows, not their names).
-- $1: list them whole; $2: roles whose possessions are listed too; $3: schemas of the system
-- that are listed like others.
SELECT NULL::pg_catalog.name AS namespace,
       class.system,
       $1 AND class.open AS listed,
       pg_catalog.pg_get_userbyid(class.nspowner) AS owner,
       class.nspacl::pg_catalog.text AS acl,
       class.names,
       class.oids
FROM (
    SELECT n.nspowner, n.nspacl,
           n.nspname = ANY ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[]) AS system,
           n.nspname <> ALL ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[])
               OR n.nspname = ANY ($3) AS open,
           pg_catalog.array_agg(n.nspname) AS names, pg_catalog.array_agg(n.oid) AS oids
    FROM pg_catalog.pg_namespace n
    WHERE NOT pg_catalog.pg_is_other_temp_schema(n.oid)
      AND n.oid <> pg_catalog.pg_my_temp_schema()
      AND ($1
           OR n.nspacl IS NOT NULL
           OR n.nspowner IN (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($2)))
    GROUP BY n.nspowner, n.nspacl, 3, 4
) AS class
