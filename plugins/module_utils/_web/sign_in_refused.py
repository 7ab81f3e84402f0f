# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a sign-in signed nobody in: one reason each, as far as the product told it. Pure."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.json_text import parsed
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import Web
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.readiness import OWN_ADDRESS
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.redirect import Redirect

ABSENT = (404, 405)
_SECOND_STEP = re.compile(r"totp|2sv|mfa|(?:two|second|2)[-_ ]?(?:step|factor)", re.IGNORECASE)
# a field or a picture of it; the word alone may stand in a script that every page has
_CAPTCHA_ASKED = re.compile(r"<(?:input|img|textarea|iframe|div)\b[^<>]*captcha", re.IGNORECASE)
OTHER_WAY = "or give force_reauth_proof_cookies in place of the password."


class Attempt(t.NamedTuple):
    """One sign-in: whether by ``json`` (else by the form), its ``answer``, and what the ``page`` at ``path`` had shown before.

    ``shown``: what that page shows after it, where the answer leads back to it.
    """

    json: bool
    answer: Answer
    page: Answer
    path: str
    shown: str = ""


def shows_form(web: Web, page: Answer) -> bool:
    """Whether the page offers the form; where a product never had another way, it always does."""
    return not web.sign_in_json_path or (page.status == 200 and bool(web.sign_in_form_mark) and web.sign_in_form_mark in page.body)


def why_not(web: Web, attempt: Attempt, hosts: t.Collection[str]) -> str:
    """The rest of a sentence that begins with 'The proof account is not signed in'."""
    reason = attempt.answer.headers.get(web.reason_header, "").partition(";")[0].strip()
    if reason == web.captcha_reason != "" or _asks_captcha(attempt):
        return (
            "it has to solve a CAPTCHA, after too many failed sign-ins. Sign in with it once in a browser, "
            "or let an administrator reset its failed sign-ins."
        )
    if attempt.json and attempt.answer.status < 500 and _asks_second_step(attempt.answer.body):
        return f"it is asked for a second step. Take the account out of two-step verification, {OTHER_WAY}"
    if _is_refused(web, attempt, reason, hosts):
        return "its name and password are not accepted. They were tried on this node alone: correct them before the account is locked."
    elsewhere = _elsewhere(attempt, hosts)
    if elsewhere:
        return f"the sign-in by form is at another address ({attempt.path} answers {attempt.page.status} to {elsewhere}): {OWN_ADDRESS}."
    if _is_closed(web, attempt, hosts):
        return f"the sign-in by form is switched off here{_sent_to(attempt, hosts)}. Switch it on for the run, {OTHER_WAY}"
    cookies = ", ".join(sorted({cookie.name for cookie in attempt.answer.cookies})) or "none"
    return (
        f"the product does not say why (HTTP {attempt.answer.status}, cookies set: {cookies}). "
        f"Sign in with it in a browser and see what it is asked for, {OTHER_WAY}"
    )


def _is_refused(web: Web, attempt: Attempt, reason: str, hosts: t.Collection[str]) -> bool:
    if attempt.json or web.refused_reason:
        return attempt.answer.status == 401 or reason == web.refused_reason != ""
    # no word of it: the form is shown again, or one is sent back to its page
    if _elsewhere(attempt, hosts):
        return False
    return shows_form(web, attempt.page) and (attempt.answer.status == 200 or is_sent_back(attempt, hosts))


def _elsewhere(attempt: Attempt, hosts: t.Collection[str]) -> str:
    """Where the container, or a proxy, sends the page of the form: to itself at another address, and nobody read the password; ''."""
    if attempt.json or not attempt.page.location:
        return ""
    redirect = Redirect(attempt.page.location, attempt.path, hosts)
    return redirect.target if redirect.is_same_page else ""


def is_sent_back(attempt: Attempt, hosts: t.Collection[str]) -> bool:
    """Whether the form answers with its own page's address."""
    location = attempt.answer.location
    return not attempt.json and bool(location) and Redirect(location, "/", hosts).target == attempt.path


def _is_closed(web: Web, attempt: Attempt, hosts: t.Collection[str]) -> bool:
    """Nothing takes the password: there is no such page, or everybody is sent off to another sign-in, or no form was shown."""
    if shows_form(web, attempt.page):
        return False
    return not attempt.json or bool(_sent_to(attempt, hosts))


def _sent_to(attempt: Attempt, hosts: t.Collection[str]) -> str:
    redirect = Redirect(attempt.page.location, attempt.path, hosts)
    return f" ({attempt.path} sends everybody to {redirect.target})" if redirect.is_off_to_a_sign_in else ""


def _asks_captcha(attempt: Attempt) -> bool:
    if attempt.json:
        return "captcha" in attempt.answer.body.lower()
    return any(_CAPTCHA_ASKED.search(text) for text in (attempt.answer.body, attempt.shown))


def _asks_second_step(body: str) -> bool:
    """Whether a value speaks of it, or a key whose value is not no: {"totpRequired": false} asks for none."""
    try:
        return _speaks_of_it(parsed(body))
    except ValueError:
        return bool(_SECOND_STEP.search(body))


def _speaks_of_it(value: t.Any) -> bool:
    if isinstance(value, dict):
        return any(_speaks_of_it(one) or (bool(one) and bool(_SECOND_STEP.search(key))) for key, one in value.items())
    if isinstance(value, list):
        return any(map(_speaks_of_it, value))
    return isinstance(value, str) and bool(_SECOND_STEP.search(value))
