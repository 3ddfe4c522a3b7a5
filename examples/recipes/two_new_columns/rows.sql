INSERT INTO orders (id, state)
VALUES (1, 'OPEN_UNPAID'), (2, 'DONE_PAID'), (3, NULL);
