-- The database of the web shop, as it is before roleform comes.
CREATE SCHEMA sales;
CREATE TABLE sales.customers (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE sales.orders (id serial PRIMARY KEY, customer integer NOT NULL REFERENCES sales.customers, placed date NOT NULL);
CREATE TABLE sales.order_lines (id serial PRIMARY KEY, "order" integer NOT NULL REFERENCES sales.orders, item text NOT NULL, price numeric NOT NULL);
INSERT INTO sales.customers (name) VALUES ('Ana'), ('Bela'), ('Chidi');
INSERT INTO sales.orders (customer, placed) VALUES (1, '2026-01-07'), (2, '2026-01-09'), (1, '2026-01-12');

CREATE SCHEMA billing;
CREATE TABLE billing.invoices (id serial PRIMARY KEY, "order" integer NOT NULL REFERENCES sales.orders, total numeric NOT NULL);
CREATE TABLE billing.card_numbers (invoice integer NOT NULL REFERENCES billing.invoices, number text NOT NULL);
