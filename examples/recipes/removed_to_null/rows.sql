INSERT INTO orders (id, status) VALUES (1, 'UNKNOWN'), (2, 'NEW'), (3, NULL);
