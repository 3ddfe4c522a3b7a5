from alembic_utils.pg_view import PGView

order_counts = PGView(
    schema="public",
    signature="order_counts",
    definition="SELECT status, count(*) AS orders FROM orders GROUP BY status",
)
