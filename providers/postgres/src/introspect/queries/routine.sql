-- Functions, procedures, aggregates and window functions in ACL classes. The types of their
-- arguments, without names and modes, tell overloads apart; they are printed (which costs) only
-- for classes that matter. `count` has the size of every class.
-- $1: list them whole; $2: roles whose entries and possessions matter; $3: PUBLIC's matter too;
-- $4: schemas of the system that are listed like others.
WITH scope AS MATERIALIZED (
    SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($2)
), class AS MATERIALIZED (
    SELECT p.pronamespace, p.proowner, p.proacl,
           pg_catalog.array_agg(p.proname) AS names, pg_catalog.array_agg(p.oid) AS oids
    FROM pg_catalog.pg_proc p
    WHERE p.proacl IS NOT NULL
       OR ($1 AND p.pronamespace NOT IN (
               SELECT s.oid FROM pg_catalog.pg_namespace s
               WHERE (s.nspname = ANY ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[]) AND s.nspname <> ALL ($4))
                  OR pg_catalog.pg_is_other_temp_schema(s.oid)))
       OR p.proowner IN (SELECT scope.oid FROM scope)
    GROUP BY p.pronamespace, p.proowner, p.proacl
), judged AS (
    SELECT n.nspname,
           n.nspname = ANY ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[]) AS system,
           $1 AND (n.nspname <> ALL ('{pg_catalog,information_schema,pg_toast}'::pg_catalog.name[])
                   OR n.nspname = ANY ($4)) AS listed,
           class.*
    FROM class
    JOIN pg_catalog.pg_namespace n ON n.oid = class.pronamespace
    WHERE NOT pg_catalog.pg_is_other_temp_schema(n.oid)
), matters AS (
    SELECT judged.*,
           judged.listed
           OR judged.proowner IN (SELECT scope.oid FROM scope)
           OR EXISTS (
               SELECT FROM pg_catalog.aclexplode(judged.proacl) AS entry
               WHERE entry.grantee IN (SELECT scope.oid FROM scope) OR (entry.grantee = 0 AND $3 AND NOT judged.system)
                  OR entry.grantor IN (SELECT scope.oid FROM scope)) AS matters
    FROM judged
)
SELECT nspname,
       system,
       listed,
       pg_catalog.pg_get_userbyid(proowner) AS owner,
       proacl::pg_catalog.text AS acl,
       CASE WHEN matters THEN names END AS names,
       CASE WHEN matters THEN oids END AS oids,
       CASE WHEN matters THEN ARRAY(
           SELECT pg_catalog.oidvectortypes(p.proargtypes)
           FROM pg_catalog.unnest(oids) WITH ORDINALITY AS routine (oid, place)
           JOIN pg_catalog.pg_proc p ON p.oid = routine.oid
           ORDER BY routine.place) END AS arguments,
       pg_catalog.cardinality(oids) AS count
FROM matters
