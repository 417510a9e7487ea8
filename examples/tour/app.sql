-- What examples/tour expects on the server: a database "app" with a schema "billing".
CREATE SCHEMA billing;
CREATE TABLE billing.orders (id serial PRIMARY KEY, total numeric NOT NULL);
CREATE TABLE billing.invoices (id serial PRIMARY KEY, amount numeric NOT NULL);
INSERT INTO billing.orders (total) VALUES (12.5), (40);
