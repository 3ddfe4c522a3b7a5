import os

from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import select

from models import Order
from models import Status
from models import db

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ.get(
    "DATABASE_URL", "sqlite:///shop.db"
)
db.init_app(app)
Migrate(app, db, autogenerate_plugins=["alembic.autogenerate.*", "ckenum"])


@app.get("/orders")
def list_orders() -> list[str]:
    query = select(Order.status).order_by(Order.id)
    return [status.value for status in db.session.scalars(query)]


@app.post("/orders/<status>")
def create_order(status: str) -> tuple[str, int]:
    db.session.add(Order(status=Status(status)))
    db.session.commit()
    return "", 201
