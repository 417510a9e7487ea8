SELECT id, customer, placed FROM sales.orders ORDER BY id
