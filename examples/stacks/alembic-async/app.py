"""``app.py`` lists the orders; ``app.py STATUS`` creates one."""

import asyncio
import os
import sys

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.ext.asyncio import create_async_engine

from models import Order
from models import Status

URL = os.environ.get("DATABASE_URL", "sqlite+aiosqlite:///shop.db")


async def main(*created: str) -> None:
    engine = create_async_engine(URL)
    async with AsyncSession(engine) as session:
        for status in created:
            session.add(Order(status=Status(status)))
        await session.commit()
        query = select(Order.status).order_by(Order.id)
        for status in await session.scalars(query):
            print(status.value)
    await engine.dispose()


asyncio.run(main(*sys.argv[1:]))
