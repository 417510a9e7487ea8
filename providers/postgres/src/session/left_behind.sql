-- A transaction of an earlier run with this home that has not ended, in whatever database.
SELECT mark.pid,
       activity.usename::pg_catalog.text AS username,
       activity.application_name,
       pg_catalog.host(activity.client_addr) AS client,
       activity.backend_start::pg_catalog.timestamptz::pg_catalog.text AS since
FROM pg_catalog.pg_locks AS mark
LEFT JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid OPERATOR(pg_catalog.=) mark.pid
WHERE mark.locktype OPERATOR(pg_catalog.=) 'advisory'
  AND mark.classid::pg_catalog.int8 OPERATOR(pg_catalog.=) $1::pg_catalog.int8
  AND mark.objid OPERATOR(pg_catalog.=)
      (SELECT oid FROM pg_catalog.pg_database WHERE datname OPERATOR(pg_catalog.=) pg_catalog.current_database())
  AND mark.objsubid OPERATOR(pg_catalog.=) 2
LIMIT 1
