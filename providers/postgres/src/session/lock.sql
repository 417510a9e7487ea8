-- One key for all of roleform. Advisory locks are per database.
SELECT pg_catalog.pg_try_advisory_lock($1) AS taken
