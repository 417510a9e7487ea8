-- Where the server can (14 and later, not on every system) it looks every two seconds
-- whether we are still there, even in the middle of a statement that waits for a lock.
SELECT pg_catalog.set_config('client_connection_check_interval', '2000', false)
WHERE pg_catalog.current_setting('client_connection_check_interval', true) IS NOT NULL
