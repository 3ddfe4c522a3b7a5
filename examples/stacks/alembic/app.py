"""``app.py`` lists the orders; ``app.py STATUS`` creates one."""

import os
import sys

from sqlalchemy import create_engine
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Order
from models import Status

engine = create_engine(os.environ.get("DATABASE_URL", "sqlite:///shop.db"))
with Session(engine) as session:
    for status in sys.argv[1:]:
        session.add(Order(status=Status(status)))
    session.commit()
    for status in session.scalars(select(Order.status).order_by(Order.id)):
        print(status.value)
