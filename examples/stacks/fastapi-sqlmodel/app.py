from collections.abc import Iterator
import os
from typing import Annotated

from fastapi import Depends
from fastapi import FastAPI
from sqlmodel import Session
from sqlmodel import create_engine
from sqlmodel import select

from models import Order
from models import Status

engine = create_engine(os.environ.get("DATABASE_URL", "sqlite:///shop.db"))
app = FastAPI()


def open_session() -> Iterator[Session]:
    with Session(engine) as session:
        yield session


Opened = Annotated[Session, Depends(open_session)]


@app.get("/orders")
def list_orders(session: Opened) -> list[Status]:
    return list(session.exec(select(Order.status).order_by(Order.id)))


@app.post("/orders/{status}", status_code=201)
def create_order(status: Status, session: Opened) -> None:
    session.add(Order(status=status))
    session.commit()
