INSERT INTO orders (id) VALUES (1);
INSERT INTO orders (id, status) VALUES (2, 2), (3, 5);
