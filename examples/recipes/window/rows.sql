INSERT INTO orders (id, status, paid)
VALUES (1, 'CLOSED', 20), (2, 'CLOSED', 0), (3, 'NEW', 0);
