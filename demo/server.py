# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The process of one node of the stand-in, where the product's JVM would be. Its Server header says ``StandIn``.

Run by ``bin/start-*.sh`` with the arguments of a product's JVM, so that looking at the process works as for the real one.
"""

from __future__ import annotations

import json
import logging
import os
import re
import secrets
import signal
import sys
import threading
import time
import typing as t
from contextlib import AbstractContextManager, nullcontext
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

# run by its path: the folder above ``demo`` in place of ``demo`` itself
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from demo.clear_all import Answer as ClearAllAnswer
from demo.hsqldb import open_while_running
from demo.imitated import PRODUCTS
from demo.node import REFUSED, SECOND_STEP, SIGNED_IN, STARTING, Node, Reply
from demo.products import BUILT_IN, Members, Pages, SignInForm, UserList

_MANIFEST = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<manifest><id>00000000-0000-0000-0000-000000000000</id><name>Stand-in, no real product</name><typeId>{product.manifest_type}</typeId>\
<version>{product.version}</version><buildNumber>0</buildNumber><applinksVersion>9.0.0</applinksVersion><url>{url}</url></manifest>"""
# of one page
MOST_USERS = 20
LOG = logging.getLogger("stand-in")


class Handler(BaseHTTPRequestHandler):
    """The pages."""

    protocol_version = "HTTP/1.1"
    server_version = "StandIn"
    # a connection on which nobody asks ends, as with Tomcat (there after connectionTimeout, 20 s)
    timeout = 5
    node: t.ClassVar[Node]

    def do_GET(self) -> None:
        """Every page but the sign-in."""
        self._serve(self._page)

    def do_POST(self) -> None:
        """The two ways to sign in."""
        self._serve(self._sign_in)

    def do_DELETE(self) -> None:
        """The end of a user's sessions."""
        self._serve(self._end_sessions)

    def parse_request(self) -> bool:
        """Its head; a call takes its time from here on."""
        self._began = time.monotonic()
        return super().parse_request()

    def log_message(self, *_: object) -> None:
        """No access log: it would hold nothing that a test needs."""

    def _serve(self, page: t.Callable[[str], None]) -> None:
        self._reply = Reply()
        self._body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        path = urlsplit(self.path).path.removeprefix(self.node.context) or "/"
        try:
            self._route(path, page)
        except ConnectionError:
            # the client went away
            self.close_connection = True
        except Exception:
            # whatever it is (most often the database): a 500 as the product gives, and the reason in catalina.out
            LOG.exception("no answer to %s", path)
            self._send(500, "<html>Stand-in: internal error</html>")

    def _route(self, path: str, page: t.Callable[[str], None]) -> None:
        behaviour, state, pages = self.node.behaviour, self.node.state, self.node.product.pages
        if path == behaviour.hung_page:
            threading.Event().wait()
        if path == pages.status:
            starting = pages.starting_code if behaviour.starting_status_200 else 503
            self._status(starting if state == STARTING else 200, state)
        elif path == pages.early_status:
            self._send(200, json.dumps({"state": "RUNNING"}), "application/json")
        elif state == STARTING:
            self._send(503, "<html>Stand-in: starting</html>")
        elif behaviour.dies_after_running:
            self._send(500, "<html>Stand-in: dead</html>")
        elif pages.admin_calls and path.startswith(f"{pages.admin_calls}/"):
            status, body = self.node.admin_calls.answer(self.command, path, self._query(), self.headers.get("Authorization", ""))
            self._send(status, body, "application/json")
        else:
            page(path)

    def _status(self, code: int, state: str) -> None:
        if self.node.product.pages.status_is_xml and "application/json" not in self.headers.get("Accept", ""):
            return self._send(code, f"<status><state>{state}</state></status>", "application/xml")
        return self._send(code, json.dumps({"state": state}), "application/json")

    def _page(self, path: str) -> None:
        pages, cookies = self.node.product.pages, self._cookies()
        if path == pages.manifest:
            url = f"http://127.0.0.1:{self.node.port}{self.node.context}"
            return self._send(200, _MANIFEST.format(product=self.node.product, url=url), "application/xml")
        if pages.members and path == pages.members.path:
            return self._members(pages.members)
        if pages.users and path == pages.users.path:
            return self._users(pages.users)
        if pages.permissions and path == pages.permissions:
            return self._permissions()
        if path == pages.sign_out:
            self.node.sign_out(cookies, self._reply)
            return self._send(200, "<html>Stand-in: signed out</html>")
        user = self.node.user_of(cookies, self._reply)
        if user and pages.user_header:
            self._reply.add(pages.user_header, user)
        if pages.clear_all and path.startswith(f"{pages.clear_all}/"):
            return self._cleared(self.node.clear_all.get(path, user, cookies.get(self.node.product.cookies.session, "")))
        return self._page_for(user, path, pages)

    def _page_for(self, user: str, path: str, pages: Pages) -> None:
        elsewhere = self.node.behaviour.single_sign_on
        if elsewhere and not user:
            self._reply.add("Location", f"{elsewhere}?state={secrets.token_hex(8)}")
            return self._send(302, "")
        if path == pages.whoami:
            return self._send(200, user, "text/plain")
        if path == pages.myself:
            return self._send(200 if user else 401, json.dumps({"name": user} if user else {}), "application/json")
        if path == pages.home and not user:
            return self._redirect(pages.login)
        if path in (pages.login, pages.home):
            form = f'<form id="{pages.form_mark}"></form>' if path == pages.login and self.node.takes_form else ""
            return self._send(
                200, f"<html>Stand-in for {self.node.product.title}, no real product. Signed in: {user or 'nobody'}{form}</html>"
            )
        return self._send(404, "<html>Stand-in: no such page</html>")

    def _end_sessions(self, path: str) -> None:
        top = self.node.product.pages.end_sessions
        if not top or not path.startswith(top):
            return self._send(404, "<html>Stand-in: no such page</html>")
        name = path.removeprefix(top)
        # as Tomcat does by default, before the product hears of it
        refused = re.search("%2f|%5c", name, re.IGNORECASE)
        status = 400 if refused else self.node.end_sessions(unquote(name), self.headers.get("Authorization", ""))
        # with all that the stand-in does in it
        time.sleep(max(0.0, self._began + self.node.behaviour.call_seconds - time.monotonic()))
        return self._send(status, "", "application/json")

    def _permissions(self) -> None:
        may = self.node.members(self.headers.get("Authorization", "")) is not None
        document = {"permissions": {"ADMINISTER": {"havePermission": may}}}
        self._send(200 if may or not self.node.behaviour.token_expired else 401, json.dumps(document), "application/json")

    def _users(self, users: UserList) -> None:
        if self.node.members(self.headers.get("Authorization", "")) is None:
            return self._send(401, "{}", "application/json")
        return self._send(200, json.dumps(users.document(self.node.users, self._query(), MOST_USERS)), "application/json")

    def _query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}

    def _cleared(self, answer: ClearAllAnswer) -> None:
        if answer.location:
            self._reply.add("Location", self.node.context + answer.location)
        self._send(answer.status, answer.body)

    def _members(self, members: Members) -> None:
        names = self.node.members(self.headers.get("Authorization", ""))
        if names is None:
            return self._send(401, "{}", "application/json")
        return self._send(200, json.dumps(members.document(names)), "application/json")

    def _sign_in(self, path: str) -> None:
        pages = self.node.product.pages
        if path == pages.sign_in_json:
            return self._sign_in_by_json()
        if pages.clear_all and path.startswith(f"{pages.clear_all}/"):
            cookies = self._cookies()
            sent = {name: values[0] for name, values in parse_qs(self._body).items()}
            session = cookies.get(self.node.product.cookies.session, "")
            return self._cleared(self.node.clear_all.post(path, self.node.user_of(cookies, self._reply), session, sent))
        if path != pages.sign_in:
            return self._send(404, "<html>Stand-in: no such page</html>")
        if not self.node.takes_form or self._sign_in_by_form(self.node.product.form) != SIGNED_IN:
            return self._send(200, "<html>Stand-in: not signed in</html>")
        return self._redirect(pages.home)

    def _sign_in_by_json(self) -> None:
        """What the products answer in legacy mode, and to whom they ask for a second step, is not known: here it is a guess."""
        if self.headers.get("X-Atlassian-Token") != "no-check" or self.node.behaviour.single_sign_on:
            return self._send(403, "{}", "application/json")
        if self.node.takes_form:
            return self._send(200, "{}", "application/json")
        wish = json.loads(self._body)
        outcome = self.node.sign_in(wish["username"], wish["password"], bool(wish.get("rememberMe")), self._reply)
        body = json.dumps({"totpRequired": True} if outcome == SECOND_STEP else {})
        return self._send(401 if outcome == REFUSED else 200, body, "application/json")

    def _sign_in_by_form(self, form: SignInForm) -> str:
        sent = {name: values[0] for name, values in parse_qs(self._body).items()}
        remember_me = sent.get(form.remember_me) == form.ticked
        return self.node.sign_in(sent.get(form.username, ""), sent.get(form.password, ""), remember_me, self._reply)

    def _cookies(self) -> dict[str, str]:
        return {name: morsel.value for name, morsel in SimpleCookie(self.headers.get("Cookie", "")).items()}

    def _redirect(self, path: str) -> None:
        self._reply.add("Location", self.node.context + path)
        self._send(302, "")

    def _send(self, code: int, body: str, content_type: str = "text/html") -> None:
        self.send_response(code)
        self.send_header("Content-Type", f"{content_type};charset=UTF-8")
        self.send_header("Content-Length", str(len(body.encode())))
        for name, value in self._reply.headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body.encode())


class Server(ThreadingHTTPServer):
    """Bound to the loopback address only."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """A client that went away between two requests is no error, as with Tomcat and Jetty; all else goes to the log."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def node_of(arguments: list[str]) -> Node:
    """The node that the command line names, as that of a product's JVM does."""
    for product in PRODUCTS.values():
        home, install = _marked(product.service.home_mark, arguments), _marked(product.service.install_mark, arguments)
        if home and install:
            return Node(product, Path(install), Path(home))
    marks = ", ".join(product.service.home_mark.format("..") for product in PRODUCTS.values())
    raise SystemExit(f"The stand-in wants the arguments of a product's JVM: {marks}")


def _marked(mark: str, arguments: list[str]) -> str:
    begin, _place, end = mark.partition("{}")
    found = [one for one in arguments if one.startswith(begin) and one.endswith(end)]
    return found[0].removeprefix(begin).removesuffix(end) if found else ""


def open_database(node: Node) -> AbstractContextManager[None]:
    """The built-in database is this process's own as long as it lasts; any other one is a server's, or anybody's."""
    built_in = node.product.built_in
    if not built_in or node.database.engine != BUILT_IN:
        return nullcontext()
    return open_while_running(node.database, Path(built_in.jar.format(install=node.install, home=node.home)))


def main() -> None:
    """Serve until SIGTERM."""
    node = node_of(sys.argv[1:])
    with open_database(node):
        serve(node)
    os._exit(0)


def serve(node: Node) -> None:
    """Until SIGTERM; then what is to be persisted is written."""
    Handler.node = node
    threading.Thread(target=node.note_alive, daemon=True).start()
    server = Server(("127.0.0.1", node.port), Handler)

    def end(_signal: int, _frame: object) -> None:
        if not node.behaviour.ignores_term:
            threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, end)
    server.serve_forever(poll_interval=0.05)
    # nobody connects to a node that stops, and no hung request keeps it
    server.server_close()
    node.stop()


if __name__ == "__main__":
    main()
