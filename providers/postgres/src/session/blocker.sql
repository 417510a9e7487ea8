-- Who is in the way of a session. What the administrator may not see of another user's is NULL.
-- $1: the waiting session's process.
SELECT blocking.pid,
       activity.usename::pg_catalog.text AS username,
       activity.application_name,
       pg_catalog.host(activity.client_addr) AS client,
       activity.backend_start::pg_catalog.timestamptz::pg_catalog.text AS since
FROM pg_catalog.unnest(pg_catalog.pg_blocking_pids($1)) AS blocking (pid)
LEFT JOIN pg_catalog.pg_stat_activity AS activity ON activity.pid OPERATOR(pg_catalog.=) blocking.pid
ORDER BY blocking.pid
LIMIT 3
