-- A server that grew by hand: hundreds of grants of every kind, by several grantors.
-- Run in database app; the second part, after the marker, in "Old Data".
CREATE ROLE owner_a;
CREATE ROLE owner_b NOLOGIN CREATEDB;
CREATE ROLE clerk LOGIN PASSWORD 'secret of the clerk' CONNECTION LIMIT 7 VALID UNTIL '2031-05-06 07:08:09+00';
CREATE ROLE head NOINHERIT LOGIN;
CREATE ROLE "Odd ""role"" ${x} %{y}" LOGIN;
CREATE ROLE "ünï-cødé*?" NOLOGIN;
CREATE ROLE "12345" LOGIN;
CREATE ROLE auditor NOLOGIN;
CREATE ROLE lonely LOGIN VALID UNTIL 'infinity';
CREATE ROLE expired LOGIN VALID UNTIL '-infinity';
CREATE ROLE deputy SUPERUSER;
COMMENT ON ROLE clerk IS E'writes "things"\nand more \\ ${than} that';
ALTER ROLE clerk SET search_path = billing, "$user", public;
ALTER ROLE clerk SET statement_timeout = '30s';
ALTER ROLE clerk IN DATABASE app SET work_mem = '8MB';
ALTER ROLE auditor SET app.motto = 'it''s; "fine"';

REVOKE TEMPORARY ON DATABASE app FROM PUBLIC;
CREATE SCHEMA billing AUTHORIZATION owner_a;
CREATE SCHEMA "we.ird" AUTHORIZATION owner_b;
CREATE SCHEMA empty;
CREATE SCHEMA stock;
CREATE SCHEMA "*"; CREATE TABLE "*"."?" (id int); CREATE SCHEMA "back\\?"; CREATE TABLE "back\\?"."t*" (id int);
SET ROLE owner_a;
CREATE TABLE billing.orders (id serial PRIMARY KEY, total int, "odd col" text);
CREATE TABLE billing.invoices (id serial, paid bool) PARTITION BY RANGE (id);
CREATE TABLE billing.invoices_1 PARTITION OF billing.invoices FOR VALUES FROM (1) TO (100);
CREATE VIEW billing.open AS SELECT id FROM billing.orders;
CREATE MATERIALIZED VIEW billing.sums AS SELECT 1 AS sum;
CREATE FUNCTION billing.close(date) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION billing.close(date, VARIADIC text[]) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE PROCEDURE billing.tidy() LANGUAGE sql AS 'SELECT 1';
RESET ROLE;
CREATE AGGREGATE stock.total (int) (SFUNC = int4pl, STYPE = int);
CREATE TYPE stock.size AS ENUM ('s', 'm');
CREATE DOMAIN stock."per cent" AS int;
CREATE SEQUENCE stock.counter;
CREATE TABLE stock.items (id int, price int);
CREATE TABLE stock."a*" (id int);
CREATE TABLE stock."ab" (id int);
CREATE TABLE stock."back\slash\*" (id int);
CREATE TABLE "we.ird"."my.table" (id int);
CREATE TABLE "we.ird"."""q""" (id int);
DO $$ BEGIN
  FOR n IN 1..40 LOOP
    EXECUTE format('CREATE TABLE public.t%s (id int)', n);
  END LOOP;
END $$;

-- Like roles of like schemas.
DO $$ DECLARE team text; BEGIN
  FOREACH team IN ARRAY ARRAY['crm', 'hr', 'it', 'law', 'ops'] LOOP
    EXECUTE format('CREATE ROLE %I LOGIN', team || '_ro');
    EXECUTE format('CREATE SCHEMA %I', team);
    EXECUTE format('CREATE TABLE %I.one (id int); CREATE TABLE %I.two (id int)', team, team);
    EXECUTE format('GRANT CONNECT ON DATABASE app TO %I', team || '_ro');
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %I', team, team || '_ro');
    EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA %I TO %I', team, team || '_ro');
    EXECUTE format('GRANT auditor TO %I', team || '_ro');
  END LOOP;
END $$;
GRANT INSERT ON ops.one TO ops_ro;
CREATE ROLE ana LOGIN IN ROLE auditor;
CREATE ROLE bob LOGIN IN ROLE auditor;
CREATE ROLE cid LOGIN IN ROLE auditor;

GRANT ALL ON ALL TABLES IN SCHEMA public TO auditor;
REVOKE INSERT ON public.t3, public.t4 FROM auditor;
GRANT SELECT ON ALL TABLES IN SCHEMA billing TO clerk, head;
GRANT USAGE ON SCHEMA billing TO clerk, head, "12345";
GRANT CONNECT, TEMPORARY ON DATABASE app TO clerk;
GRANT CONNECT ON DATABASE app TO head WITH GRANT OPTION;
GRANT INSERT, UPDATE ON billing.orders TO clerk;
GRANT USAGE ON SEQUENCE billing.orders_id_seq TO clerk;
GRANT SELECT ON stock."a*", "we.ird"."my.table", "we.ird"."""q""" TO "Odd ""role"" ${x} %{y}";
GRANT SELECT ON stock."back\slash\*" TO "ünï-cødé*?";
GRANT UPDATE (total, "odd col"), SELECT (id) ON billing.orders TO "ünï-cødé*?";
GRANT USAGE ON SCHEMA "*", "back\\?" TO auditor; GRANT SELECT ON "*"."?" TO auditor; GRANT INSERT ON "back\\?"."t*" TO auditor WITH GRANT OPTION;
GRANT REFERENCES (id) ON billing.invoices TO clerk WITH GRANT OPTION;
GRANT UPDATE (total) ON billing.orders TO clerk;
GRANT EXECUTE ON FUNCTION billing.close(date), billing.close(date, text[]) TO clerk;
GRANT EXECUTE ON PROCEDURE billing.tidy() TO head WITH GRANT OPTION;
GRANT EXECUTE ON FUNCTION stock.total(int) TO auditor;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text) TO auditor;
GRANT USAGE ON TYPE stock.size, stock."per cent" TO auditor;
GRANT USAGE ON TYPE billing.orders TO auditor;
GRANT ALL ON SEQUENCE stock.counter TO auditor WITH GRANT OPTION;
GRANT USAGE ON LANGUAGE plpgsql TO auditor;
CREATE FOREIGN DATA WRAPPER "odd fdw";
CREATE SERVER far FOREIGN DATA WRAPPER "odd fdw";
CREATE FOREIGN TABLE stock.remote (id int) SERVER far;
GRANT USAGE ON FOREIGN DATA WRAPPER "odd fdw" TO auditor;
GRANT USAGE ON FOREIGN SERVER far TO auditor WITH GRANT OPTION;
GRANT SELECT ON stock.remote TO auditor;
SELECT lo_create(424242);
GRANT SELECT, UPDATE ON LARGE OBJECT 424242 TO auditor;
GRANT CREATE ON TABLESPACE pg_default TO owner_b;
GRANT SELECT (last_value) ON stock.counter TO clerk;
GRANT SELECT (relname), UPDATE (ctid) ON pg_catalog.pg_class TO clerk;
GRANT SELECT ON pg_catalog.pg_authid, information_schema.sql_features TO clerk;
GRANT USAGE ON TYPE pg_catalog.int4, billing.invoices TO clerk;
GRANT USAGE ON SCHEMA pg_toast TO clerk;
GRANT CREATE, USAGE ON SCHEMA stock TO owner_b;

-- Several grantors: the owner, head with an option, and clerk from head.
GRANT SELECT, DELETE ON billing.orders TO head WITH GRANT OPTION;
SET ROLE head;
GRANT DELETE ON billing.orders TO clerk WITH GRANT OPTION;
GRANT SELECT ON billing.orders TO clerk, "12345";
GRANT EXECUTE ON PROCEDURE billing.tidy() TO clerk;
GRANT CONNECT ON DATABASE app TO "12345";
RESET ROLE;
SET ROLE clerk;
GRANT DELETE ON billing.orders TO "12345";
GRANT REFERENCES (id) ON billing.invoices TO "12345";
RESET ROLE;

-- Default privileges: per schema, everywhere, and with nothing there yet.
ALTER DEFAULT PRIVILEGES FOR ROLE owner_a IN SCHEMA billing GRANT SELECT ON TABLES TO clerk;
ALTER DEFAULT PRIVILEGES FOR ROLE owner_a IN SCHEMA billing GRANT SELECT, INSERT ON TABLES TO head WITH GRANT OPTION;
ALTER DEFAULT PRIVILEGES FOR ROLE owner_b IN SCHEMA "we.ird" GRANT EXECUTE ON FUNCTIONS TO clerk;
ALTER DEFAULT PRIVILEGES FOR ROLE owner_b GRANT USAGE ON SEQUENCES TO auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE owner_a GRANT USAGE ON TYPES TO auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE owner_b IN SCHEMA empty GRANT UPDATE ON TABLES TO auditor;

ALTER DEFAULT PRIVILEGES FOR ROLE owner_a GRANT USAGE ON SCHEMAS TO auditor, clerk;
ALTER DEFAULT PRIVILEGES FOR ROLE owner_b GRANT CREATE ON SCHEMAS TO clerk WITH GRANT OPTION;

-- Hundreds of grants that nobody planned, by whoever could; what could not be is not.
DO $$ DECLARE
  roles text[] := ARRAY['clerk', 'head', '12345', 'auditor', 'lonely', 'crm_ro', 'hr_ro', 'ana', 'owner_b'];
  tables text[] := ARRAY['billing.orders', 'billing.open', 'stock.items', 'crm.one', 'crm.two', 'hr.two', 't7', 't8'];
  words text[] := ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'SELECT (id)', 'REFERENCES (id)'];
  others text[] := ARRAY['USAGE ON SCHEMA stock', 'CREATE ON SCHEMA crm', 'UPDATE ON SEQUENCE stock.counter', 'EXECUTE ON FUNCTION billing.close(date)',
    'USAGE ON TYPE stock.size', 'TEMPORARY ON DATABASE app', 'SELECT ON LARGE OBJECT 424242', 'USAGE ON LANGUAGE plpgsql', 'USAGE ON FOREIGN SERVER far'];
  what text;
  actor text;
BEGIN
  PERFORM setseed(0.25);
  FOR n IN 1..600 LOOP
    what := CASE WHEN random() < 0.7
      THEN words[1 + floor(random() * 8)] || ' ON TABLE ' || tables[1 + floor(random() * 8)]
      ELSE others[1 + floor(random() * 9)] END;
    actor := CASE WHEN random() < 0.5 THEN current_user ELSE roles[1 + floor(random() * 9)] END;
    BEGIN
      EXECUTE format('SET LOCAL ROLE %I', actor);
      EXECUTE format('GRANT %s TO %I %s', what, roles[1 + floor(random() * 9)], CASE WHEN random() < 0.5 THEN 'WITH GRANT OPTION' ELSE '' END);
      RESET ROLE;
    EXCEPTION WHEN OTHERS THEN NULL;
    END;
  END LOOP;
END $$;

-- PUBLIC, which is left alone.
GRANT SELECT ON public.t1 TO PUBLIC;
REVOKE EXECUTE ON FUNCTION billing.close(date) FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE owner_a REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;

GRANT owner_a TO head WITH ADMIN OPTION;
GRANT pg_monitor TO auditor;
GRANT auditor TO "Odd ""role"" ${x} %{y}";
