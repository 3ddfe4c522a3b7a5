INSERT INTO alarms (id, level) VALUES (2, 'MIDDLE');
