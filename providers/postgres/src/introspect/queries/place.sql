-- Who owns this database: in it, that role is what pg_database_owner stands for.
SELECT pg_catalog.pg_get_userbyid(d.datdba) AS owner
FROM pg_catalog.pg_database d
WHERE d.datname = pg_catalog.current_database()
