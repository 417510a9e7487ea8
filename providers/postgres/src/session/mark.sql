-- The mark of a transaction that writes: $2 is the database of the run's lock.
SELECT pg_catalog.pg_advisory_xact_lock_shared($1, oid::pg_catalog.int4)
FROM pg_catalog.pg_database
WHERE datname OPERATOR(pg_catalog.=) $2
