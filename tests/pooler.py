"""A pooler in transaction mode, as PgBouncer has it: each transaction of a
client gets another of two connections to the server.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextlib import ExitStack
from contextlib import suppress
from itertools import cycle
import os
from pathlib import Path
import socket
import struct
import tempfile
import threading

import sqlalchemy as sa

NO_PID = b"K" + struct.pack("!iii", 12, 0, 0)
"""BackendKeyData: of no process of the server."""


def exactly(peer: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = peer.recv(size - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


def message(peer: socket.socket, kind: int = 1) -> bytes:
    """The next message; the first one of a client has no kind."""
    head = exactly(peer, kind + 4)
    (size,) = struct.unpack("!i", head[kind:])
    return head + exactly(peer, size - 4)


def answer(server: socket.socket) -> list[bytes]:
    """All up to ReadyForQuery."""
    messages = [message(server)]
    while messages[-1][:1] != b"Z":
        messages.append(message(server))
    return messages


class Pooler:
    """Listens where PostgreSQL's clients look for its port 5432.

    :ivar transactions: how many it has handed out.
    """

    def __init__(self, server: sa.URL, directory: Path) -> None:
        host = str(server.query.get("host") or server.host)
        self.server = f"{host}/.s.PGSQL.{server.port or 5432}"
        self.url = server.set(
            host=str(directory), port=5432, query={}, password=None
        )
        self.transactions = 0
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(directory / ".s.PGSQL.5432"))
        self._listener.listen()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(
                    target=self.serve, args=(client,), daemon=True
                ).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def serve(self, client: socket.socket) -> None:
        with client, ExitStack() as stack, suppress(OSError):
            startup = message(client, kind=0)
            servers = []
            for _ in range(2):
                server = stack.enter_context(socket.socket(socket.AF_UNIX))
                server.connect(self.server)
                server.sendall(startup)
                servers.append(server)
            first, greeting = map(answer, servers)
            client.sendall(
                b"".join(NO_PID if m[:1] == b"K" else m for m in greeting)
            )
            for server in cycle(servers):
                self.transaction(client, server)

    def transaction(
        self, client: socket.socket, server: socket.socket
    ) -> None:
        """Until the server says that it is idle."""
        self.transactions += 1
        while True:
            asked = message(client)
            server.sendall(asked)
            if asked[:1] in b"QS":
                answers = answer(server)
                client.sendall(b"".join(answers))
                if answers[-1][-1:] == b"I":
                    return


@contextmanager
def pooler(server: sa.URL) -> Iterator[Pooler]:
    """In front of the server that listens on a socket of this machine."""
    # a socket's path must be short
    with tempfile.TemporaryDirectory(prefix="ckenum") as directory:
        assert os.path.isabs(directory)
        pooler = Pooler(server, Path(directory))
        threading.Thread(target=pooler.accept, daemon=True).start()
        yield pooler
        pooler.close()
