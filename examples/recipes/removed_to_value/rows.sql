INSERT INTO orders (id, status) VALUES (1, 'CART'), (2, 'NEW'), (3, 'PAID');
