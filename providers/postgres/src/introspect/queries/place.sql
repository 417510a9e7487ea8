-- Who owns this database (in it, that role is what pg_database_owner stands for), and in which
-- schemas this session cannot name anything.
SELECT pg_catalog.pg_get_userbyid(d.datdba) AS owner,
       ARRAY (
           SELECT n.nspname::pg_catalog.text
           FROM pg_catalog.pg_namespace n
           WHERE NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
       ) AS barred
FROM pg_catalog.pg_database d
WHERE d.datname = pg_catalog.current_database()
