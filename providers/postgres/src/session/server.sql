-- What every server tells.
SELECT pg_catalog.current_setting('server_version_num')::pg_catalog.int4 AS version,
       current_user::pg_catalog.text AS username
