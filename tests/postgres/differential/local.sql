-- Every ACL in this database, asked without any help of roleform: one row per thing, with its ACL
-- as it stands, by numbers of roles, and as what it means. System schemas are one digest.
-- In braces: the tenant's roles.
WITH thing (kind, schema, name, part, owner, acl, meant) AS (
    SELECT 'schema', n.nspname::text, ''::text, ''::text, n.nspowner, n.nspacl, acldefault('n', n.nspowner)
    FROM pg_namespace n
    UNION ALL
    SELECT CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END, n.nspname, c.relname, '', c.relowner, c.relacl,
           acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
    UNION ALL
    SELECT 'column', n.nspname, c.relname, a.attname, c.relowner, a.attacl, NULL
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
    UNION ALL
    SELECT 'routine', n.nspname, p.proname,
           array_to_string(ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a (t, at) ORDER BY at), ', '),
           p.proowner, p.proacl, acldefault('f', p.proowner)
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    WHERE p.oid >= 16384
    UNION ALL
    SELECT 'type', n.nspname, t.typname, '', t.typowner, t.typacl, acldefault('T', t.typowner)
    FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    WHERE t.oid >= 16384 AND t.typtype IN ('e', 'd')
    UNION ALL
    SELECT 'language', '', l.lanname, '', l.lanowner, l.lanacl, acldefault('l', l.lanowner) FROM pg_language l
    UNION ALL
    SELECT 'wrapper', '', w.fdwname, '', w.fdwowner, w.fdwacl, acldefault('F', w.fdwowner) FROM pg_foreign_data_wrapper w
    UNION ALL
    SELECT 'server', '', s.srvname, '', s.srvowner, s.srvacl, acldefault('S', s.srvowner) FROM pg_foreign_server s
    UNION ALL
    SELECT 'large object', '', l.oid::text, '', l.lomowner, l.lomacl, acldefault('L', l.lomowner)
    FROM pg_largeobject_metadata l
    UNION ALL
    -- A creator without a global row gives what is built in, so that is what an absent row means.
    SELECT 'default', '', r.rolname, kind.letter::text, r.oid, d.defaclacl, acldefault(kind.built_in, r.oid)
    FROM pg_roles r
    CROSS JOIN (VALUES ('r'::"char", 'r'::"char"), ('S', 's'), ('f', 'f'), ('T', 'T'), ('n', 'n'), ('L', 'L')) AS kind (letter, built_in)
    LEFT JOIN pg_default_acl d ON d.defaclrole = r.oid AND d.defaclnamespace = 0 AND d.defaclobjtype = kind.letter
    WHERE r.rolname IN ({roles})
    UNION ALL
    SELECT 'default', n.nspname, r.rolname, d.defaclobjtype::text, r.oid, d.defaclacl, NULL
    FROM pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole JOIN pg_namespace n ON n.oid = d.defaclnamespace
)
SELECT kind, schema, name, part, pg_get_userbyid(owner),
       CASE WHEN acl IS NOT NULL THEN
            (SELECT coalesce(string_agg(concat_ws(' ', a.grantor, a.grantee, a.privilege_type, a.is_grantable), ','), '')
             FROM aclexplode(acl) AS a) END,
       (SELECT string_agg(concat_ws(E'\x1f', CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee) END,
                                    pg_get_userbyid(a.grantor), a.privilege_type, a.is_grantable), E'\x1e')
        FROM aclexplode(coalesce(acl, meant)) AS a)
FROM thing
WHERE schema NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
UNION ALL
SELECT 'behind', n.nspname, t.relname, s.relname, '', NULL, NULL
FROM pg_depend d
JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'
JOIN pg_class t ON t.oid = d.refobjid
JOIN pg_namespace n ON n.oid = t.relnamespace
WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjsubid > 0 AND d.deptype = 'a'
UNION ALL
SELECT 'digest', '', 'of system schemas', '', '', NULL,
       (SELECT md5(string_agg(c.relacl::text, ',' ORDER BY c.oid)) FROM pg_class c WHERE c.oid < 16384)
       || (SELECT md5(string_agg(p.proacl::text, ',' ORDER BY p.oid)) FROM pg_proc p WHERE p.oid < 16384)
       || (SELECT count(*) FROM pg_attribute a WHERE a.attrelid < 16384 AND a.attacl IS NOT NULL)
       || (SELECT md5(string_agg(i::text, ',' ORDER BY i.objoid, i.objsubid)) FROM pg_init_privs i)
