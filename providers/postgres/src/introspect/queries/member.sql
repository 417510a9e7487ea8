-- Roles outside the scope that are members of roles in scope, and those that are members of them, and
-- so on: who loses something when a role is dropped, and with whom a new membership would close a circle.
-- $1: all roles in scope.
WITH RECURSIVE below (role, member) AS (
    SELECT m.roleid, m.member
    FROM pg_catalog.pg_auth_members m
    JOIN pg_catalog.pg_roles role ON role.oid = m.roleid
    WHERE role.rolname = ANY ($1)
    UNION
    SELECT m.roleid, m.member
    FROM below
    JOIN pg_catalog.pg_auth_members m ON m.roleid = below.member
)
SELECT role.rolname AS role, member.rolname AS member
FROM below
JOIN pg_catalog.pg_roles role ON role.oid = below.role
JOIN pg_catalog.pg_roles member ON member.oid = below.member
WHERE member.rolname <> ALL ($1)
