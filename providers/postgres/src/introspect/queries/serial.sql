-- Sequences that belong to a column, as of `serial` or OWNED BY (dependency 'a'), not those of
-- identity columns ('i'), which need no privilege. One row of two arrays, pairwise.
-- $1: sequences are asked for.
SELECT pg_catalog.array_agg(d.refobjid) AS relations, pg_catalog.array_agg(d.objid) AS sequences
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
WHERE $1
  AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
  AND d.refobjsubid > 0
  AND d.deptype = 'a'
