-- What the server shares, asked without any help of roleform: ACLs first, in the form of `local`.
-- In braces: what the tenant's names begin with, and a query of the parameters that have an ACL.
WITH thing (kind, name, owner, acl, meant) AS (
    SELECT 'database', d.datname::text, d.datdba, d.datacl, acldefault('d', d.datdba) FROM pg_database d
    UNION ALL
    SELECT 'tablespace', t.spcname, t.spcowner, t.spcacl, acldefault('t', t.spcowner) FROM pg_tablespace t
    UNION ALL
    {parameters}
)
SELECT kind, '', name, '', pg_get_userbyid(owner),
       CASE WHEN acl IS NOT NULL THEN
            (SELECT coalesce(string_agg(concat_ws(' ', a.grantor, a.grantee, a.privilege_type, a.is_grantable), ','), '')
             FROM aclexplode(acl) AS a) END,
       (SELECT string_agg(concat_ws(E'\x1f', CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
                                    pg_get_userbyid(a.grantor), a.privilege_type, a.is_grantable), E'\x1e')
        FROM aclexplode(coalesce(acl, meant)) AS a)
FROM thing
WHERE starts_with(name, {prefix}) OR kind = 'parameter' AND name = 'intervalstyle'
UNION ALL
SELECT 'role', '', r.rolname, '', '', NULL,
       concat_ws(' ', CASE WHEN r.rolcanlogin THEN 'login' END, CASE WHEN r.rolinherit THEN 'inherit' END,
                 CASE WHEN r.rolsuper THEN 'superuser' END, CASE WHEN r.rolcreatedb THEN 'createdb' END,
                 CASE WHEN r.rolcreaterole THEN 'createrole' END, CASE WHEN r.rolreplication THEN 'replication' END,
                 CASE WHEN r.rolbypassrls THEN 'bypassrls' END, r.rolconnlimit,
                 CASE WHEN r.rolvaliduntil = '-infinity' THEN 'never valid'
                      WHEN isfinite(r.rolvaliduntil) THEN to_char(r.rolvaliduntil AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') END,
                 (SELECT d.description FROM pg_shdescription d WHERE d.objoid = r.oid AND d.classoid = 'pg_authid'::regclass))
FROM pg_authid r
WHERE starts_with(r.rolname, {prefix})
UNION ALL
SELECT 'password', '', r.rolname, '', '', NULL, r.rolpassword
FROM pg_authid r
WHERE starts_with(r.rolname, {prefix})
UNION ALL
SELECT 'membership', '', member.rolname, role.rolname, '', NULL,
       concat_ws(E'\x1f', coalesce(grantor.rolname, ''), m.admin_option,
                 coalesce(to_jsonb(m) ->> 'inherit_option', 'true'), coalesce(to_jsonb(m) ->> 'set_option', 'true'))
FROM pg_auth_members m
JOIN pg_roles member ON member.oid = m.member
JOIN pg_roles role ON role.oid = m.roleid
LEFT JOIN pg_roles grantor ON grantor.oid = m.grantor
WHERE starts_with(member.rolname, {prefix}) OR starts_with(role.rolname, {prefix})
UNION ALL
SELECT 'setting', coalesce(d.datname, ''), coalesce(r.rolname, ''), '', '', NULL, setting
FROM pg_db_role_setting s
CROSS JOIN LATERAL unnest(s.setconfig) AS setting
LEFT JOIN pg_roles r ON r.oid = s.setrole
LEFT JOIN pg_database d ON d.oid = s.setdatabase
WHERE starts_with(coalesce(r.rolname, ''), {prefix}) OR starts_with(coalesce(d.datname, ''), {prefix})
