# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The built-in database of the stand-in: files of a real HSQLDB, which the process of the node has open while it runs.

Others ask that process, on a private port of the loopback address. While no node runs, whoever connects opens the files himself, and shuts
them. Java runs in each of these processes (JPype).
"""

from __future__ import annotations

import threading
import typing as t
from contextlib import closing, contextmanager
from pathlib import Path

from demo.packages import HSQLDB_JARS, Missing

if t.TYPE_CHECKING:
    from demo.tokens import Database

JAR = HSQLDB_JARS["1.8.0"]
ACCOUNT = "sa"
# signals are Python's, nothing is left in a folder that others read, and it is quick to start
_JAVA = ("-Xrs", "-Xmx128m", "-XX:-UsePerfData", "-XX:+DisableAttachMechanism", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
# for clients of the process that has the files
_NAME = "crucible"
# HSQLDB 1.8's numbers for a socket that cannot be made, and for one that breaks: its process just ends
_NOBODY_ANSWERS = (-80, -3)


def check_java() -> None:
    """Raises Missing where Python cannot start a Java."""
    try:
        import jpype
    except ImportError:
        raise Missing("Python has no JPype, by which it starts Java: pip install -r demo/requirements-hsqldb.txt.") from None
    try:
        jpype.getDefaultJVMPath()
    except (jpype.JVMNotFoundException, jpype.JVMNotSupportedException):
        raise Missing("No Java is found: install one (default-jre-headless), or name its folder with JAVA_HOME.") from None


@contextmanager
def open_while_running(database: Database, jar: Path) -> t.Iterator[None]:
    """The files are open in this process, by that jar, and others may ask it; afterwards they are at rest."""
    server = _java(jar).JClass("org.hsqldb.Server")()
    server.setLogWriter(None)
    server.setErrWriter(None)
    server.setAddress(database.host)
    server.setPort(database.port)
    server.setDatabaseName(0, _NAME)
    server.setDatabasePath(0, f"file:{database.name}")
    server.start()
    # of this process itself: no server, no lock of another one keeps it from that
    with closing(_Connection(database, f"file:{database.name}", shuts=True)):
        yield


def connect(database: Database) -> t.Any:
    """A new connection (DB-API) to the node that has the files, or to the files themselves."""
    from jpype import dbapi2

    try:
        return _Connection(database, f"hsql://{database.host}:{database.port}/{_NAME}", shuts=False)
    except dbapi2.Error as error:
        if t.cast("t.Any", error).getErrorCode() not in _NOBODY_ANSWERS:
            raise
    return _Connection(database, f"file:{database.name}", shuts=True)


def _java(jar: Path = JAR) -> t.Any:
    import jpype

    if not jpype.isJVMStarted():
        jpype.startJVM(*_JAVA, classpath=[str(jar)], convertStrings=True, interrupt=False)
    return jpype


class _Connection:
    """What is used of a connection of PEP 249. ``shuts``: its end closes the files."""

    def __init__(self, database: Database, place: str, shuts: bool) -> None:
        from jpype import dbapi2

        self._java, self._shuts = _java().java, shuts
        who: dict[str, t.Any] = {"user": database.user, "password": database.password}
        self._connection = dbapi2.connect(f"jdbc:hsqldb:{place}", driver="org.hsqldb.jdbcDriver", driver_args=who)

    def cursor(self) -> t.Any:
        return self._connection.cursor()

    def commit(self) -> None:
        self._connection.commit()

    def close(self) -> None:
        """What was not committed is undone."""
        if self._shuts:
            self._connection.rollback()
            with closing(self.cursor()) as cursor:
                cursor.execute("SHUTDOWN")
        self._connection.close()
        if threading.current_thread() is not threading.main_thread():
            # a thread of the node ends with its client, and Java would not notice
            self._java.lang.Thread.detach()
