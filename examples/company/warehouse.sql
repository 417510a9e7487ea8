-- The database of the warehouse, as it is before roleform comes.
CREATE SCHEMA stock;
CREATE TABLE stock.items (id serial PRIMARY KEY, name text NOT NULL, amount integer NOT NULL);
CREATE TABLE stock.deliveries (id serial PRIMARY KEY, item integer NOT NULL REFERENCES stock.items, arrived date NOT NULL);
CREATE VIEW stock.low AS SELECT name, amount FROM stock.items WHERE amount < 5;
INSERT INTO stock.items (name, amount) VALUES ('kettle', 12), ('teapot', 3);
