-- Takes every grant on things back, as when they were made: nothing has an ACL. No statement but an
-- UPDATE makes an ACL NULL again, nor revokes a grant that outlived the option of its grantor (`mend`).
-- In braces: what the tenant's names begin with.
UPDATE pg_namespace SET nspacl = (SELECT i.initprivs FROM pg_init_privs i WHERE i.objoid = oid AND i.classoid = 'pg_namespace'::regclass)
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema';
UPDATE pg_class SET relacl = NULL WHERE oid >= 16384 AND relacl IS NOT NULL;
UPDATE pg_attribute SET attacl = NULL WHERE attrelid >= 16384 AND attacl IS NOT NULL;
UPDATE pg_proc SET proacl = NULL WHERE oid >= 16384 AND proacl IS NOT NULL;
UPDATE pg_type SET typacl = NULL WHERE oid >= 16384 AND typacl IS NOT NULL;
UPDATE pg_language SET lanacl = NULL WHERE lanpltrusted AND lanacl IS NOT NULL;
UPDATE pg_foreign_data_wrapper SET fdwacl = NULL WHERE fdwacl IS NOT NULL;
UPDATE pg_foreign_server SET srvacl = NULL WHERE srvacl IS NOT NULL;
UPDATE pg_largeobject_metadata SET lomacl = NULL WHERE lomacl IS NOT NULL;
UPDATE pg_database SET datacl = NULL WHERE starts_with(datname, {prefix}) AND datacl IS NOT NULL;
UPDATE pg_tablespace SET spcacl = NULL WHERE starts_with(spcname, {prefix}) AND spcacl IS NOT NULL;
DELETE FROM pg_shdepend s
WHERE s.deptype = 'a' AND s.dbid IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
      AND s.refobjid IN (SELECT r.oid FROM pg_roles r WHERE starts_with(r.rolname, {prefix}))
      AND s.classid NOT IN ('pg_default_acl'::regclass, COALESCE(to_regclass('pg_parameter_acl'), 0))
