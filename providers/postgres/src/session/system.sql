-- Made by initdb. Some providers take the right to ask away: then it is unknown.
SELECT system_identifier FROM pg_catalog.pg_control_system()
