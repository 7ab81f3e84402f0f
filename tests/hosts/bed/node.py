# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A node: the stand-in for a product in a real Tomcat or Jetty on a host of the bed, in the product's own layout."""

from __future__ import annotations

import http.client
import json
import shutil
import typing as t
from dataclasses import dataclass, replace
from pathlib import Path

from demo.cluster import UP
from demo.disk import TEMPLATES, templates_in, write_from_template
from demo.jdbc import database_words
from demo.patience import patient, wait_for
from demo.products import StandInProduct
from demo.tokens import Database
from tests.hosts.bed.application import DRIVERS, JAVA_CLASSES, jdbc_url, shape
from tests.hosts.bed.host import Host
from tests.hosts.bed.places import APPLICATION, FILES
from tests.hosts.bed.services import PUBLIC_HOST

PORTS = {"jira": 8080, "bamboo": 8085, "fisheye": 8060}
Start = t.Literal["forking", "simple", "scripts", "jetty"]


@dataclass(frozen=True)
class Kind:
    """In what a node differs from its neighbours.

    ``start``: a unit of the usual kind with the product's scripts and a pid file, one that runs the JVM itself, or no unit at all.
    ``saves_sessions``: Tomcat keeps them over a restart. ``public``: its connector is told of the public address, and it insists on it.
    """

    start: Start = "forking"
    unit: str = ""
    saves_sessions: bool = False
    public: bool = False


# what a group of nodes begins with; further ones are like the first
KINDS = (Kind(saves_sessions=True), Kind("simple", unit="tracker"), Kind("scripts", public=True))
USUAL_KINDS: t.Mapping[str, tuple[Kind, ...]] = {"jira": KINDS, "bamboo": (Kind(),), "fisheye": (Kind("jetty"),)}


@dataclass(frozen=True)
class Node:
    """A node by its host; ``state`` is what it says when it is up. ``folder`` tells several installations on one host apart."""

    host: Host
    product: StandInProduct
    database: Database
    kind: Kind
    state: str = "RUNNING"
    folder: str = ""
    port: int = 0

    @property
    def name(self) -> str:
        """Its name in the inventory."""
        return self.host.name

    @property
    def install(self) -> str:
        """The install folder on the host."""
        return f"/opt/atlassian/{self.folder or self.product.name}"

    @property
    def home(self) -> str:
        """The home folder on the host."""
        return f"/var/atlassian/application-data/{self.folder or self.product.name}"

    @property
    def listens(self) -> int:
        """Its port."""
        return self.port or PORTS[self.product.name]

    @property
    def unit(self) -> str:
        """Its systemd unit, '' for none."""
        return "" if self.kind.start == "scripts" else f"{self.kind.unit or self.product.name}.service"

    @property
    def pid(self) -> int:
        """The pid of its process on the host, 0 when none runs."""
        mark = self.product.service.install_mark.format(self.install)
        found = self.host.run("pgrep", "--full", "--oldest", "--", f"{mark}( |$)", check=False)
        return int(found.strip() or 0)

    @property
    def saved_sessions(self) -> Path:
        """Where its Tomcat saves sessions, seen from this machine."""
        return self.host.root / self.install.lstrip("/") / self.product.persisted_sessions

    def install_it(self, startup_seconds: int = 1) -> None:
        """Write all files; nothing runs yet."""
        values = self._values()
        for root, folder in ((self.install, "install"), (self.home, "home")):
            self._fill(TEMPLATES / self.product.name / folder, root, values)
        container = "jetty" if self.kind.start == "jetty" else "tomcat"
        self._fill(FILES / container, self.install, values)
        self._write_application(container, values)
        if container == "tomcat":
            self._write_tomcat()
        self.tell(**{"startup.seconds": str(startup_seconds)})
        self.host.inside("chown", "-R", f"{self.product.name}:{self.product.name}", self.install, self.home)
        if self.unit:
            template = FILES / f"units/{self.kind.start}.service"
            write_from_template(template, self._path(f"/etc/systemd/system/{self.unit}"), values)

    def tell(self, **words: str) -> None:
        """Write the application's file, with these words in place of the usual ones; it is read at the node's start (and its stop)."""
        public = {"public.host": PUBLIC_HOST, "public.url": f"https://{PUBLIC_HOST}"} if self.kind.public else {}
        usual = {"node": self.name, "state": self.state, "startup.seconds": "1", "stop.seconds": "0"}
        told = {**shape(self.product, self.database), **usual, **public, **words}
        text = "".join(f"{name}={value}\n" for name, value in told.items())
        self.host.write(f"{self.home}/stand-in.properties", text)

    def start(self) -> None:
        """Start it as its administrator does."""
        if self.unit:
            self.host.run("systemctl", "daemon-reload")
            self.host.run("systemctl", "start", self.unit)
        else:
            self.host.run("systemd-run", "--quiet", "--scope", "runuser", "--user", self.product.name, "--", *self.script("start"))

    def stop(self) -> None:
        """Stop it so, and wait until its process is gone."""
        if self.unit:
            self.host.run("systemctl", "stop", self.unit)
        elif self.pid:
            self.host.run("runuser", "--user", self.product.name, "--", *self.script("stop"))
        wait_for(lambda: not self.pid, f"{self.name} stops", 60)

    def kill(self) -> None:
        """SIGKILL to every process of the installation."""
        mark = self.product.service.install_mark.format(self.install)
        self.host.run("pkill", "--signal", "KILL", "--full", "--", f"{mark}( |$)", check=False)

    def remove(self) -> None:
        """End its processes, and remove unit and files."""
        if self.unit:
            # first without its drop-ins, which may say to start it again
            self.host.run("rm", "-rf", f"/etc/systemd/system/{self.unit}.d")
            self.host.run("systemctl", "daemon-reload")
            self.host.run("systemctl", "disable", "--quiet", self.unit, check=False)
            self.host.run("systemctl", "kill", "--signal=KILL", self.unit, check=False)
            self.host.run("systemctl", "stop", self.unit, check=False)
        self.kill()
        wait_for(lambda: not self.pid, f"{self.name} is gone", 20)
        self.host.run("rm", "-rf", self.install, self.home, f"/etc/systemd/system/{self.unit or 'none'}")
        self.host.run("systemctl", "daemon-reload")
        self.host.run("systemctl", "reset-failed")

    def drop_in(self, text: str) -> None:
        """Change its unit: lines of the section Service."""
        self.host.write(f"/etc/systemd/system/{self.unit}.d/test.conf", f"[Service]\n{text}\n")
        self.host.run("systemctl", "daemon-reload")

    def script(self, action: t.Literal["start", "stop"]) -> list[str]:
        """The product's script with its arguments."""
        program, *arguments = getattr(self.product.service, action)
        return [f"{self.install}/{program}", *arguments]

    def is_running(self) -> bool:
        """Up, by its status page (or the manifest, for a product without one)."""
        pages = self.product.pages
        connection = http.client.HTTPConnection(self.host.address, self.listens, timeout=patient(2))
        try:
            connection.request("GET", pages.status or pages.manifest, headers={"Host": PUBLIC_HOST, "Accept": "application/json"})
            answer = connection.getresponse()
            return answer.status == 200 and (not pages.status or json.load(answer)["state"] in UP)
        except (OSError, http.client.HTTPException, ValueError):
            return False
        finally:
            connection.close()

    def wait_running(self, seconds: float = 60) -> None:
        """Wait until it is up; raises TimeoutError."""
        wait_for(self.is_running, f"{self.name} is up", seconds)

    def but(self, **changes: t.Any) -> Node:
        """The same node with other values."""
        return replace(self, **changes)

    def _values(self) -> dict[str, object]:
        words = database_words(self.database)
        proxy = {"scheme": "https", "secure": "true", "proxy_name": PUBLIC_HOST, "proxy_port": "443"}
        none = {"scheme": "http", "secure": "false", "proxy_name": "", "proxy_port": "0"}
        product = {name: getattr(self.product, name) for name in ("title", "version", "webapp")}
        return {
            **words,
            **product,
            **(proxy if self.kind.public else none),
            "jdbc_url": jdbc_url(self.database),
            "product": self.product.name,
            "node": self.name,
            "port": self.listens,
            "shutdown_port": self.listens - 1000,
            "context": "",
            "install": self.install,
            "home": self.home,
            "shared": f"{self.home}-shared",
            "session_manager": f'<Manager pathname="{"SESSIONS.ser" if self.kind.saves_sessions else ""}"/>',
            "session_cookie": self.product.cookies.session,
        }

    def _fill(self, templates: Path, root: str, values: t.Mapping[str, object]) -> None:
        for name, template in templates_in(templates, dict(values)).items():
            write_from_template(template, self._path(f"{root}/{name}"), values)

    def _write_application(self, container: str, values: t.Mapping[str, object]) -> None:
        webapp = f"{self.install}/{self.product.webapp or 'content'}"
        write_from_template(APPLICATION / "web.xml", self._path(f"{webapp}/WEB-INF/web.xml"), values)
        compiled = self._path(f"{JAVA_CLASSES}/{container}")
        shutil.copytree(compiled / "classes/standin", self._path(f"{webapp}/WEB-INF/classes/standin"), dirs_exist_ok=True)
        if container == "jetty":
            shutil.copy(compiled / "fisheyeboot.jar", self._path(f"{self.install}/fisheyeboot.jar"))
            self._path(f"{self.home}/var/log").mkdir(parents=True, exist_ok=True)

    def _write_tomcat(self) -> None:
        """The folders of a CATALINA_BASE, and the files in it that come with Tomcat."""
        base, own = self._path(self.install), self._path("/etc/tomcat10")
        for folder in ("lib", "logs", "temp", "webapps", "work"):
            (base / folder).mkdir(parents=True, exist_ok=True)
        for name in ("web.xml", "logging.properties"):
            shutil.copy(own / name, base / "conf")
        settings = (own / "catalina.properties").read_text(encoding="utf-8")
        # the application has no annotations and no tag libraries to be looked for
        nothing = "\ntomcat.util.scan.StandardJarScanFilter.jarsToSkip=*.jar\n"
        (base / "conf/catalina.properties").write_text(settings + nothing, encoding="utf-8")
        driver = base / "lib" / Path(DRIVERS[self.database.engine]).name
        driver.unlink(missing_ok=True)
        driver.symlink_to(DRIVERS[self.database.engine])

    def _path(self, inside: str) -> Path:
        return self.host.root / inside.lstrip("/")
