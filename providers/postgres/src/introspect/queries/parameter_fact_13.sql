-- Every parameter that the server knows: whether nobody can set it for a role, and whether this
-- administrator cannot. PostgreSQL 13 and 14.
SELECT pg_catalog.lower(s.name) AS name,
       s.context NOT IN ('user', 'superuser') AS fixed,
       s.context = 'superuser' AND pg_catalog.current_setting('is_superuser') = 'off' AS guarded
FROM pg_catalog.pg_settings s
