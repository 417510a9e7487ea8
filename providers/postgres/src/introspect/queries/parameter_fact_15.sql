-- Every parameter that the server knows: whether nobody can set it for a role, and whether this
-- administrator cannot. PostgreSQL 15 and later: SET can be granted.
SELECT pg_catalog.lower(s.name) AS name,
       s.context NOT IN ('user', 'superuser') AS fixed,
       s.context = 'superuser' AND NOT pg_catalog.has_parameter_privilege(s.name, 'SET') AS guarded
FROM pg_catalog.pg_settings s
UNION ALL
SELECT p.parname, false, NOT pg_catalog.has_parameter_privilege(p.parname, 'SET')
FROM pg_catalog.pg_parameter_acl p
WHERE p.parname NOT IN (SELECT pg_catalog.lower(k.name) FROM pg_catalog.pg_settings k)
