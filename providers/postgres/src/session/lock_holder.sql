-- Who holds it. What the administrator may not see of another user's session is NULL.
SELECT holder.pid,
       activity.usename::pg_catalog.text AS username,
       activity.application_name,
       pg_catalog.host(activity.client_addr) AS client,
       activity.backend_start::pg_catalog.timestamptz::pg_catalog.text AS since
FROM pg_catalog.pg_locks AS holder
LEFT JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid OPERATOR(pg_catalog.=) holder.pid
WHERE holder.locktype OPERATOR(pg_catalog.=) 'advisory'
  AND holder.granted
  AND holder.database OPERATOR(pg_catalog.=)
      (SELECT oid FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
  AND holder.classid::pg_catalog.int8 OPERATOR(pg_catalog.=) ($1 OPERATOR(pg_catalog.>>) 32)
  AND holder.objid::pg_catalog.int8 OPERATOR(pg_catalog.=) ($1 OPERATOR(pg_catalog.&) 4294967295)
  AND holder.objsubid OPERATOR(pg_catalog.=) 1
LIMIT 1
