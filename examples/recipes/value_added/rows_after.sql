INSERT INTO orders (id, status) VALUES (3, 'SHIPPED');
