-- NULL while the transaction has written nothing. Fails with 25P02 when a statement has failed.
SELECT pg_catalog.pg_current_xact_id_if_assigned()::pg_catalog.text AS id
