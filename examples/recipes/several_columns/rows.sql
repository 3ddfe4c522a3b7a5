INSERT INTO tickets (id, urgency, impact) VALUES (1, 'LOW', 'HIGH');
INSERT INTO alarms (id, level) VALUES (1, 'HIGH');
