-- Who the administrator is, what it has, whom it may act as, and what it may hand on. ADMIN
-- option shows in pg_has_role as "WITH ADMIN OPTION", whatever stands before it.
-- members, roles: pairs of the memberships through which it has privileges, by age of the role, as the
-- server goes through them. Before 16 the member says whether it inherits, since then the membership.
SELECT r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls,
       pg_catalog.pg_get_userbyid(10) AS bootstrap,
       ARRAY(SELECT o.rolname FROM pg_catalog.pg_roles o
             WHERE pg_catalog.pg_has_role(r.oid, o.oid, 'USAGE')) AS has_privileges_of,
       ARRAY(SELECT o.rolname FROM pg_catalog.pg_roles o
             WHERE pg_catalog.pg_has_role(r.oid, o.oid, server.act)) AS may_become,
       ARRAY(SELECT o.rolname FROM pg_catalog.pg_roles o
             WHERE pg_catalog.pg_has_role(r.oid, o.oid, 'USAGE WITH ADMIN OPTION')
                OR (r.rolcreaterole AND NOT o.rolsuper
                    AND server.version < 160000)) AS may_grant,
       inherited.members, inherited.roles
FROM pg_catalog.pg_roles r
CROSS JOIN (
    SELECT version, CASE WHEN version < 160000 THEN 'MEMBER' ELSE 'SET' END AS act
    FROM pg_catalog.int4(pg_catalog.current_setting('server_version_num')) AS version
) AS server
CROSS JOIN LATERAL (
    SELECT COALESCE(pg_catalog.array_agg(member.rolname ORDER BY m.roleid), '{}') AS members,
           COALESCE(pg_catalog.array_agg(role.rolname ORDER BY m.roleid), '{}') AS roles
    FROM pg_catalog.pg_auth_members m
    JOIN pg_catalog.pg_roles member ON member.oid = m.member
    JOIN pg_catalog.pg_roles role ON role.oid = m.roleid
    WHERE NOT r.rolsuper
      AND pg_catalog.pg_has_role(r.oid, m.member, 'USAGE')
      AND COALESCE(pg_catalog.jsonb_extract_path_text(pg_catalog.to_jsonb(m), 'inherit_option')::pg_catalog.bool, member.rolinherit)
) AS inherited
WHERE r.rolname = CURRENT_USER
