INSERT INTO orders (id, status) VALUES (1, 'NEW'), (2, 'PAYED');
