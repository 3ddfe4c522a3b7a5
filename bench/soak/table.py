"""The tables of an application, with what such tables have around them."""

from __future__ import annotations

import psycopg

NAME = "ck_orders_status"
CUSTOMERS = 100

_DDL = f"""
    CREATE TABLE customers (id INT PRIMARY KEY, orders INT DEFAULT 0);
    INSERT INTO customers SELECT generate_series(1, {CUSTOMERS});
    CREATE TABLE orders (
        id BIGINT PRIMARY KEY,
        customer INT NOT NULL REFERENCES customers,
        status VARCHAR(255) NOT NULL,
        note INT NOT NULL,
        touched INT NOT NULL DEFAULT 0
    );
    CREATE INDEX ON orders (status);
    CREATE TABLE items (
        id BIGINT PRIMARY KEY,
        "order" BIGINT NOT NULL REFERENCES orders ON DELETE CASCADE
    );
    CREATE INDEX ON items ("order");
    CREATE TABLE history (
        id BIGSERIAL PRIMARY KEY,
        "order" BIGINT NOT NULL,
        status TEXT
    );
    CREATE FUNCTION remember() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF tg_op = 'DELETE' THEN
            INSERT INTO history ("order") VALUES (old.id);
        ELSIF tg_op = 'INSERT' OR new.status <> old.status THEN
            INSERT INTO history ("order", status) VALUES (new.id, new.status);
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER history AFTER INSERT OR UPDATE OR DELETE ON orders
        FOR EACH ROW EXECUTE FUNCTION remember();
    CREATE FUNCTION require_customer() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM customers WHERE id = new.customer) THEN
            RAISE 'order % has no customer', new.id;
        END IF;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER customer AFTER INSERT OR UPDATE ON orders
        DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION require_customer();
    """

_FILL = """
    INSERT INTO orders (id, customer, status, note)
    SELECT n, 1 + n %% 100, (%s::text[])[1 + n %% cardinality(%s::text[])], 0
    FROM generate_series(1, %s) n
    """


def create(conninfo: str, values: list[str], rows: int) -> None:
    """So many rows, which hold the values turn about."""
    with psycopg.connect(conninfo) as connection:
        connection.execute(_DDL)
        connection.execute(_FILL, [values, values, rows])
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
