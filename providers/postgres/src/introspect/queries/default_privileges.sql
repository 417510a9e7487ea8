-- Rows of default privileges: a global row (no schema) holds a whole ACL, a schema's row what it
-- adds to the global one. The ACL is never NULL.
SELECT n.nspname AS schema,
       pg_catalog.pg_get_userbyid(d.defaclrole) AS creator,
       d.defaclobjtype AS kind,
       d.defaclacl::pg_catalog.text AS acl
FROM pg_catalog.pg_default_acl d
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = d.defaclnamespace
WHERE d.defaclnamespace = 0 OR n.oid IS NOT NULL
