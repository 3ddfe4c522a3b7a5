import os

from litestar import Litestar
from litestar import get
from litestar import post
from litestar.plugins.sqlalchemy import SQLAlchemyAsyncConfig
from litestar.plugins.sqlalchemy import SQLAlchemyPlugin
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from models import Order
from models import Status

config = SQLAlchemyAsyncConfig(
    connection_string=os.environ.get(
        "DATABASE_URL", "sqlite+aiosqlite:///shop.db"
    ),
    before_send_handler="autocommit",
)


@get("/orders")
async def list_orders(db_session: AsyncSession) -> list[Status]:
    query = select(Order.status).order_by(Order.id)
    return list(await db_session.scalars(query))


@post("/orders/{status:str}")
async def create_order(status: str, db_session: AsyncSession) -> None:
    db_session.add(Order(status=Status(status)))
    await db_session.flush()


app = Litestar([list_orders, create_order], plugins=[SQLAlchemyPlugin(config)])
