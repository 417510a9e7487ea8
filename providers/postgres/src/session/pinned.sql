-- Whether the startup options arrived: poolers may be told to drop them silently.
SELECT pg_catalog.current_setting('search_path') OPERATOR(pg_catalog.=) 'pg_catalog,pg_temp'
   AND pg_catalog.current_setting('role') OPERATOR(pg_catalog.=) 'none'
   AND pg_catalog.current_setting('standard_conforming_strings') OPERATOR(pg_catalog.=) 'on'
   AND pg_catalog.current_setting('idle_in_transaction_session_timeout') OPERATOR(pg_catalog.=) '5min' AS pinned
