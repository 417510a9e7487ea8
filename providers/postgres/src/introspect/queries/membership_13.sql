-- What roles in scope are members of. PostgreSQL 13 to 15: one row per membership, whoever
-- granted it (the grantor may be a role that is gone); INHERIT is the member's, SET is given.
-- $1: the roles.
SELECT member.rolname AS member, role.rolname AS role,
       NULL::pg_catalog.name AS grantor,
       true AS as_admin,
       m.admin_option, true AS inherit_option, true AS set_option
FROM pg_catalog.pg_auth_members m
JOIN pg_catalog.pg_roles member ON member.oid = m.member
JOIN pg_catalog.pg_roles role ON role.oid = m.roleid
WHERE member.rolname = ANY ($1)
