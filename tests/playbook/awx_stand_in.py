# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A stand-in of AWX's API: keeps what is posted, and refuses what AWX is known to refuse. No job ever runs in it.

Shapes and rules are those of AWX's published source: lists are searched by their fields, survey questions are checked, a node of a workflow
may give only what its template asks for at the launch.
"""

from __future__ import annotations

import itertools
import json
import threading
import typing as t
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

Thing = dict[str, t.Any]
_ROOT = "/api/v2/"
# what an answer may be, by the type of its question
_ANSWERS: t.Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("text", "textarea", "password", "multiplechoice", "multiselect"), (str,)),
    "integer": (int,),
    "float": (float, int),
}
_TYPES = {"inventories": "inventory"}
# of the templates that a node of a workflow may start
_STARTED = ("job_templates", "workflow_job_templates", "projects", "inventory_sources")


class Refused(Exception):
    """What AWX would answer with status 400."""


class AwxStandIn:
    """It answers at ``url`` to those who have ``token``, as long as the ``with`` lasts. ``changes``: what was asked of it beside GET.

    ``launched``: the name of each template that was started, and what was given with it.
    """

    def __init__(self) -> None:
        self.token = "token-of-an-administrator"
        self.things: dict[str, list[Thing]] = {}
        self.links: dict[str, list[int]] = {}
        self.changes: list[str] = []
        self.launched: list[tuple[str, Thing]] = []
        self._ids = itertools.count(1)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"awx": self}))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> AwxStandIn:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def add(self, kind: str, /, **fields: t.Any) -> Thing:
        """Make one of a kind: as if it had always been there."""
        number = next(self._ids)
        url = f"{_ROOT}{kind}/{number}/"
        own = {"id": number, "type": _TYPES.get(kind, kind.removesuffix("s")), "url": url, "scm_revision": "", "summary_fields": {}}
        thing = {**fields, **own, "related": {"survey_spec": f"{url}survey_spec/", "launch": f"{url}launch/"}}
        self.things.setdefault(kind, []).append(thing)
        return thing

    def named(self, kind: str, name: str) -> Thing:
        """The one of that name."""
        (found,) = (one for one in self.things[kind] if one["name"] == name)
        return found

    def linked(self, thing: Thing, way: str) -> list[str]:
        """The names (of nodes: the identifiers) of what it is associated with."""
        kind = "workflow_job_template_nodes" if way.endswith("_nodes") else _kind_of_link(way)
        ids = self.links.get(f"{thing['url']}{way}/", [])
        return [one.get("identifier") or one["name"] for one in self.things.get(kind, []) if one["id"] in ids]

    def answer(self, method: str, target: str, body: Thing) -> tuple[int, Thing | None]:
        """Status and document."""
        parts = urlsplit(target)
        words = parts.path.removeprefix(_ROOT).strip("/").split("/")
        if method != "GET":
            self.changes.append(f"{method} {parts.path}")
        if words == ["config"]:
            return HTTPStatus.OK, {"version": "24.6.1"}
        if len(words) == 1:
            return self._of_kind(method, words[0], dict(parse_qsl(parts.query)), body)
        found = [one for one in self.things.get(words[0], []) if str(one["id"]) == words[1]]
        if not found:
            return HTTPStatus.NOT_FOUND, {"detail": "Not found."}
        return self._of_thing(method, found[0], body) if len(words) == 2 else self._below(method, found[0], words[2], body)

    def _of_kind(self, method: str, kind: str, query: t.Mapping[str, str], body: Thing) -> tuple[int, Thing]:
        if method == "GET":
            kinds = _STARTED if kind == "unified_job_templates" else (kind,)
            found = [one for each in kinds for one in self.things.get(each, []) if _fits(one, query)]
            return HTTPStatus.OK, {"count": len(found), "next": None, "results": found}
        if kind == "workflow_job_template_nodes":
            self._check_node(body)
        return HTTPStatus.CREATED, self.add(kind, **body)

    def _of_thing(self, method: str, thing: Thing, body: Thing) -> tuple[int, Thing]:
        if method == "PATCH":
            known = {"id", "url", "type", "related"}
            # fields that a kind does not have are dropped without a word
            fields = ("name", "description", "timeout") if thing["type"] == "workflow_approval_template" else tuple(set(body) - known)
            changed = {name: value for name, value in body.items() if name in fields}
            if thing["type"] == "workflow_job_template_node":
                self._check_node({**thing, **changed})
            thing.update(changed)
        return HTTPStatus.OK, thing

    def _below(self, method: str, thing: Thing, word: str, body: Thing) -> tuple[int, Thing | None]:
        if word == "survey_spec":
            return self._survey(method, thing, body)
        if word == "launch":
            self.launched.append((thing["name"], body))
            return HTTPStatus.CREATED, self.add("workflow_jobs", name=thing["name"], status="running", artifacts={})
        if word == "create_approval_template":
            approval = self.add("workflow_approval_templates", **body)
            thing["unified_job_template"] = approval["id"]
            thing["related"]["unified_job_template"] = approval["url"]
            return HTTPStatus.CREATED, approval
        linked = self.links.setdefault(f"{thing['url']}{word}/", [])
        if method == "GET":
            return HTTPStatus.OK, {"count": len(linked), "next": None, "results": [{"id": one} for one in linked]}
        if word == "credentials" and "identifier" in thing and not self._template_of(thing).get("ask_credential_on_launch"):
            raise Refused({"msg": "Related template is not configured to accept credentials on launch."})
        linked.append(body["id"])
        return HTTPStatus.NO_CONTENT, None

    def _survey(self, method: str, thing: Thing, body: Thing) -> tuple[int, Thing]:
        if method == "POST":
            for question in body["spec"]:
                _check_question(question)
            names = [question["variable"] for question in body["spec"]]
            if len(names) != len(set(names)):
                raise Refused({"error": "'variable' duplicated in survey"})
            thing["survey"] = body
        return HTTPStatus.OK, thing.get("survey", {})

    def _template_of(self, node: Thing) -> Thing:
        wanted = node.get("unified_job_template")
        return next((one for kind in _STARTED for one in self.things.get(kind, []) if one["id"] == wanted), {})

    def _check_node(self, node: Thing) -> None:
        template, given = self._template_of(node), node.get("extra_data") or {}
        asked = {question["variable"] for question in template.get("survey", {}).get("spec", []) if template.get("survey_enabled")}
        if not template.get("ask_variables_on_launch") and set(given) - asked:
            raise Refused({"extra_data": [f"Variables {', '.join(sorted(set(given) - asked))} are not allowed on launch."]})


def _kind_of_link(way: str) -> str:
    return "notification_templates" if way.startswith("notification_templates") else way


def _fits(thing: Thing, query: t.Mapping[str, str]) -> bool:
    either = [name for name in query if name.startswith("or__")]
    sure = all(str(thing.get(name)) == value for name, value in query.items() if name not in either)
    return sure and (not either or any(str(thing.get(name[4:])) == query[name] for name in either))


def _check_question(question: Thing) -> None:
    kinds = {"type": str, "question_name": str, "variable": str, "required": bool}
    wrong = [name for name, kind in kinds.items() if not isinstance(question.get(name), kind)]
    if wrong or question["type"] not in _ANSWERS:
        raise Refused({"error": f"{wrong} of a survey question"})
    default, choices = question.get("default", ""), question.get("choices")
    if default != "" and not isinstance(default, _ANSWERS[question["type"]]):
        raise Refused({"error": f"Default value {default} in '{question['variable']}' expected to be {question['type']}."})
    if question["type"].startswith("multi") and (not choices or default not in ("", *choices)):
        raise Refused({"error": "Default choice must be answered from the choices listed."})
    if any(not isinstance(question.get(bound), (int, type(None))) for bound in ("min", "max")):
        raise Refused({"error": "min and max are numbers"})


class _Handler(BaseHTTPRequestHandler):
    awx: AwxStandIn

    def _answer(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        if self.headers.get("Authorization") != f"Bearer {self.awx.token}":
            self._send(HTTPStatus.UNAUTHORIZED, {})
            return
        try:
            self._send(*self.awx.answer(self.command, self.path, body))
        except Refused as refused:
            self._send(HTTPStatus.BAD_REQUEST, refused.args[0])

    do_GET = do_POST = do_PATCH = _answer  # noqa: N815 # the names of the standard library

    def _send(self, status: int, document: Thing | None) -> None:
        text = b"" if document is None else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
