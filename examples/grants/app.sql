-- What examples/grants expects on the server: a database "app" with one object of every kind.
CREATE ROLE app_owner NOLOGIN;
CREATE SCHEMA billing;
GRANT USAGE, CREATE ON SCHEMA billing TO app_owner;
CREATE TABLE billing.orders (id serial PRIMARY KEY, customer text NOT NULL, total numeric NOT NULL);
CREATE TABLE billing.invoices (id serial PRIMARY KEY, amount numeric NOT NULL, note text);
CREATE TABLE billing.invoice_secrets (invoice int, card text);
CREATE VIEW billing.revenue AS SELECT sum(total) AS total FROM billing.orders;
CREATE FUNCTION billing.close_month(month date) RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION billing.close_month(year int, month int) RETURNS int LANGUAGE sql AS 'SELECT 2';
CREATE PROCEDURE billing.report_daily() LANGUAGE sql AS 'SELECT 1';
CREATE TYPE billing.currency AS ENUM ('EUR', 'USD');
CREATE FOREIGN DATA WRAPPER archives;
CREATE SERVER archive FOREIGN DATA WRAPPER archives;
SELECT lo_create(4711);
