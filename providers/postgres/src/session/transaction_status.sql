-- What became of a transaction whose COMMIT was not answered: committed, aborted, in progress,
-- or NULL when it is too long ago.
SELECT pg_catalog.pg_xact_status($1::pg_catalog.text::pg_catalog.xid8) AS status
