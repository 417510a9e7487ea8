-- What roles in scope own in this database beyond the kinds that have queries of their own,
-- and what else keeps DROP ROLE from succeeding until DROP OWNED: policies, user mappings,
-- default privileges of theirs, and (17) initial privileges of extensions (`trace`).
-- $1: the roles.
WITH scope AS MATERIALIZED (
    SELECT r.oid, r.rolname FROM pg_catalog.pg_roles r WHERE r.rolname = ANY ($1)
)
SELECT scope.rolname AS owner, pg_catalog.pg_describe_object(thing.class, thing.oid, 0) AS description,
       thing.class = ANY (ARRAY['pg_catalog.pg_default_acl'::pg_catalog.regclass::pg_catalog.oid,
                                'pg_catalog.pg_policy'::pg_catalog.regclass::pg_catalog.oid]) AS trace
FROM (
    SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass::pg_catalog.oid AS class, o.oid, o.oprowner AS owner FROM pg_catalog.pg_operator o
    UNION ALL
    SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass::pg_catalog.oid AS class, o.oid, o.opcowner AS owner FROM pg_catalog.pg_opclass o
    UNION ALL
    SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass::pg_catalog.oid AS class, o.oid, o.opfowner AS owner FROM pg_catalog.pg_opfamily o
    UNION ALL
    SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass::pg_catalog.oid AS class, o.oid, o.collowner AS owner FROM pg_catalog.pg_collation o
    UNION ALL
    SELECT 'pg_catalog.pg_conversion'::pg_catalog.regclass::pg_catalog.oid AS class, o.oid, o.conowner AS owner FROM pg_catalog.pg_conversion o
    UNION ALL
    SELECT 'pg_catalog.pg_ts_config'::pg_catalog.regclass::pg_catalog.oid AS class, o.oid, o.cfgowner AS owner FROM pg_catalog.pg_ts_config o
    UNION ALL
    SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass::pg_catalog.oid AS class, o.oid, o.dictowner AS owner FROM pg_catalog.pg_ts_dict o
    UNION ALL
    SELECT 'pg_catalog.pg_extension'::pg_catalog.regclass::pg_catalog.oid AS class, o.oid, o.extowner AS owner FROM pg_catalog.pg_extension o
    UNION ALL
    SELECT 'pg_catalog.pg_event_trigger'::pg_catalog.regclass::pg_catalog.oid AS class, o.oid, o.evtowner AS owner FROM pg_catalog.pg_event_trigger o
    UNION ALL
    SELECT 'pg_catalog.pg_publication'::pg_catalog.regclass::pg_catalog.oid AS class, o.oid, o.pubowner AS owner FROM pg_catalog.pg_publication o
    UNION ALL
    SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass::pg_catalog.oid AS class, o.oid, o.stxowner AS owner FROM pg_catalog.pg_statistic_ext o
    UNION ALL
    SELECT 'pg_catalog.pg_default_acl'::pg_catalog.regclass::pg_catalog.oid AS class, o.oid, o.defaclrole AS owner FROM pg_catalog.pg_default_acl o
    UNION ALL
    SELECT 'pg_catalog.pg_policy'::pg_catalog.regclass::pg_catalog.oid, o.oid, role.oid
    FROM pg_catalog.pg_policy o CROSS JOIN LATERAL pg_catalog.unnest(o.polroles) AS role (oid)
) AS thing
JOIN scope ON scope.oid = thing.owner
UNION ALL
SELECT scope.rolname, pg_catalog.format('user mapping on server %I', m.srvname), true
FROM pg_catalog.pg_user_mappings m
JOIN scope ON scope.oid = m.umuser
UNION ALL
SELECT DISTINCT scope.rolname, 'initial privileges on ' || pg_catalog.pg_describe_object(p.classoid, p.objoid, 0), true
FROM pg_catalog.pg_init_privs p
CROSS JOIN LATERAL pg_catalog.aclexplode(p.initprivs) AS entry
JOIN scope ON scope.oid IN (entry.grantee, entry.grantor)
WHERE pg_catalog.current_setting('server_version_num')::pg_catalog.int4 >= 170000
ORDER BY 1, 2
