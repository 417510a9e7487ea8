-- ALTER ROLE … [IN DATABASE …] SET of roles in scope; `database` is NULL where it holds in all.
-- $1: the roles.
SELECT r.rolname AS role, d.datname AS database, s.setconfig AS settings
FROM pg_catalog.pg_db_role_setting s
JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
LEFT JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase
WHERE r.rolname = ANY ($1)
  AND (s.setdatabase = 0 OR d.oid IS NOT NULL)
