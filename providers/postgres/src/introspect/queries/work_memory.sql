-- Room for grouping many distinct ACLs without spilling to disk (the planner counts far more
-- per group than is used); for this transaction only.
SELECT pg_catalog.set_config('work_mem', '256MB', true)
