"""A PostGIS server of our own for tests: loopback, free port, temporary folder, gone at the end."""

from __future__ import annotations

import contextlib
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

# initdb refuses root: the server then runs as one of these.
_USERS = ("postgres", "nobody")
_TEMPLATE = "modello"


class NotHere(Exception):  # noqa: N818
    """The server can't be started on this machine; the text is the reason."""


@dataclass
class Database:
    """A database of the temporary server.

    Attributes:
        host, port, user, password, name: how it is reached.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    name: str

    @property
    def keywords(self) -> dict:
        """Return what ``psycopg2.connect`` takes."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "dbname": self.name,
        }

    def connect(self):
        """Return an open psycopg2 connection, each statement its own transaction."""
        import psycopg2

        connection = psycopg2.connect(**self.keywords)
        connection.autocommit = True
        return connection

    def run(self, sql, values=None):
        """Run a statement and return its rows, None where it has none."""
        with contextlib.closing(self.connect()) as connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else None


class Server:
    """A running server; ``new_database`` gives an empty database with PostGIS in it."""

    def __init__(self, root: Database):
        self._root = root
        self._number = 0

    def new_database(self) -> Database:
        """Return a database made from the template with PostGIS."""
        self._number += 1
        name = f"prova_{self._number}"
        self._root.run(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")  # noqa: S608
        return Database(**{**vars(self._root), "name": name})

    def drop(self, database: Database) -> None:
        """Remove a database, whoever is still connected to it."""
        self._root.run(f"DROP DATABASE IF EXISTS {database.name} WITH (FORCE)")  # noqa: S608

    def has_extension(self, name) -> bool:
        """Tell whether an extension can be created."""
        found = self._root.run("SELECT 1 FROM pg_available_extensions WHERE name = %s", (name,))
        return bool(found)


@contextlib.contextmanager
def running_server():
    """Start a server and yield it; it and its folder are gone afterwards.

    Raises:
        NotHere: PostgreSQL, PostGIS or psycopg2 aren't installed, or no user may run them.
    """
    programs = _programs()
    as_user = _as_user()
    # Not pytest's own folder: that is closed to other users.
    folder = Path(tempfile.mkdtemp(prefix="sttm-postgis-"))
    try:
        if as_user:
            shutil.chown(folder, as_user, pwd.getpwnam(as_user).pw_gid)
        root = _initialise(programs, folder, as_user)
        stop = [programs / "pg_ctl", "-D", folder / "dati", "-m", "immediate", "-w", "stop"]
        try:
            _start(programs, folder, as_user, root)
            server = Server(root)
            if not server.has_extension("postgis"):
                raise NotHere("PostGIS is not installed (postgresql-15-postgis-3)")
            root.run(f"CREATE DATABASE {_TEMPLATE}")  # noqa: S608
            Database(**{**vars(root), "name": _TEMPLATE}).run("CREATE EXTENSION postgis")
            yield server
        finally:
            _run(stop, as_user, check=False)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """Return the folder of initdb and pg_ctl of the newest PostgreSQL."""
    try:
        import psycopg2  # noqa: F401
    except ImportError:
        raise NotHere("psycopg2 is not installed (python3-psycopg2)") from None
    # Debian keeps them out of PATH, one folder for each version.
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: int("".join(filter(str.isdigit, path.parts[4])) or 0),
    )
    found = folders[-1] if folders else shutil.which("initdb")
    if not found:
        raise NotHere("PostgreSQL is not installed (postgresql-15-postgis-3)")
    return Path(found).resolve().parent


def _as_user() -> str:
    if os.geteuid() != 0:
        return ""
    for name in _USERS:
        with contextlib.suppress(KeyError):
            pwd.getpwnam(name)
            if shutil.which("setpriv"):
                return name
    raise NotHere("as root the server needs setpriv and a user such as postgres to run as")


def _run(command, as_user, check=True):
    command = [str(part) for part in command]
    if as_user:
        command = ["setpriv", f"--reuid={as_user}", f"--regid={pwd.getpwnam(as_user).pw_gid}",
                   "--clear-groups", *command]  # fmt: skip
    # To a file: a pipe would stay open as long as the server.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd="/", check=False
        )
        said.seek(0)
        text = said.read().decode(errors="replace")
    if check and done.returncode:
        raise RuntimeError(f"{command}: {text[-2000:]}")
    return done.returncode, text


def _initialise(programs, folder, as_user) -> Database:
    password = secrets.token_hex(16)
    secret = folder / "parola"
    secret.touch(mode=0o600)
    secret.write_text(password, encoding="ascii")
    if as_user:
        shutil.chown(secret, as_user)
    _run(
        [programs / "initdb", "-D", folder / "dati", "-U", "prove", "--auth=scram-sha-256",
         f"--pwfile={secret}", "--encoding=UTF8", "--locale=C", "--no-sync"],
        as_user,
    )  # fmt: skip
    return Database("127.0.0.1", 0, "prove", password, "postgres")


def _start(programs, folder, as_user, root):
    for _ in range(5):
        with socket.socket() as probe:
            probe.bind((root.host, 0))
            root.port = probe.getsockname()[1]
        settings = (
            f"-c listen_addresses={root.host} -c port={root.port} -c unix_socket_directories='' "
            "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c shared_buffers=32MB"
        )
        code, said = _run(
            [programs / "pg_ctl", "-D", folder / "dati", "-l", folder / "registro",
             "-o", settings, "-w", "-t", "60", "start"],
            as_user,
            check=False,
        )  # fmt: skip
        if code == 0:
            return
        # Another program may have taken the port in between.
    log = folder / "registro"
    raise RuntimeError(f"{said}\n{log.read_text(errors='replace') if log.exists() else ''}")
