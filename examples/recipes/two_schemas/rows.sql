INSERT INTO shop.orders (id, status) VALUES (1, 'NEW'), (2, 'PAYED');
INSERT INTO archive.orders (id, status) VALUES (1, 'PAYED');
