-- Settings that not every version has, or that depend on what stands; the others are
-- startup options. `synchronous_commit` is only ever raised: what is reported as
-- committed must survive a crash of the server, and `remote_apply` is the owner's choice.
SELECT pg_catalog.set_config(pin.name, pin.value, false)
FROM (VALUES
    ('createrole_self_grant', ''),
    ('idle_session_timeout', '0'),
    ('transaction_timeout', '0')
) AS pin (name, value)
WHERE pg_catalog.current_setting(pin.name, true) IS NOT NULL
UNION ALL
SELECT pg_catalog.set_config('synchronous_commit', 'on', false)
WHERE pg_catalog.current_setting('synchronous_commit') OPERATOR(pg_catalog.=) 'off'
