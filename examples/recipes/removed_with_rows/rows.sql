INSERT INTO orders (id, status) VALUES (1, 'JUNK'), (2, 'NEW'), (3, 'JUNK');
