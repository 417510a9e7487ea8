-- What every server tells. `room`: how many locks the shared table is made for (PostgreSQL,
-- "Lock Management": max_locks_per_transaction).
SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS version,
       pg_catalog.current_setting('max_locks_per_transaction')::pg_catalog.int8
           OPERATOR(pg_catalog.*) (pg_catalog.current_setting('max_connections')::pg_catalog.int8
               OPERATOR(pg_catalog.+) pg_catalog.current_setting('max_prepared_transactions')::pg_catalog.int8) AS locks
