DELETE FROM sales.orders
