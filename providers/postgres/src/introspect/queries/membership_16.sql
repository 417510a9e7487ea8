-- What roles in scope are members of, and memberships that they granted to others.
-- PostgreSQL 16 and later: one row per grantor. `as_admin`: the grantor is whom the server
-- records when this administrator grants, which is the bootstrap superuser for superusers, else
-- the nearest role with ADMIN option whose privileges the administrator inherits (itself first).
-- $1: the roles.
WITH RECURSIVE admin AS (
    SELECT r.oid, r.rolsuper FROM pg_catalog.pg_roles r WHERE r.rolname = CURRENT_USER
), reach (oid, hops) AS (
    SELECT admin.oid, 0 FROM admin
    UNION
    SELECT m.roleid, reach.hops + 1
    FROM reach
    JOIN pg_catalog.pg_auth_members m ON m.member = reach.oid AND m.inherit_option
)
SELECT member.rolname AS member, role.rolname AS role, grantor.rolname AS grantor,
       m.grantor IS NOT DISTINCT FROM (
           CASE WHEN (SELECT admin.rolsuper FROM admin) THEN 10
           ELSE (SELECT a.member
                 FROM reach
                 JOIN pg_catalog.pg_auth_members a
                     ON a.member = reach.oid AND a.admin_option AND a.roleid = m.roleid
                 ORDER BY reach.hops, a.member
                 LIMIT 1)
           END) AS as_admin,
       m.admin_option, m.inherit_option, m.set_option
FROM pg_catalog.pg_auth_members m
JOIN pg_catalog.pg_roles member ON member.oid = m.member
JOIN pg_catalog.pg_roles role ON role.oid = m.roleid
JOIN pg_catalog.pg_roles grantor ON grantor.oid = m.grantor
WHERE member.rolname = ANY ($1) OR grantor.rolname = ANY ($1)
