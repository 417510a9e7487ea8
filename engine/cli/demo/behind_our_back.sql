GRANT DELETE ON sales.orders TO analyst
