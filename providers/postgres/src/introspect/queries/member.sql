-- Members of roles that shall be dropped, but for those in scope.
-- $1: roles that shall be dropped; $2: all roles in scope.
SELECT DISTINCT role.rolname AS role, member.rolname AS member
FROM pg_catalog.pg_auth_members m
JOIN pg_catalog.pg_roles role ON role.oid = m.roleid
JOIN pg_catalog.pg_roles member ON member.oid = m.member
WHERE role.rolname = ANY ($1) AND member.rolname <> ALL ($2)
