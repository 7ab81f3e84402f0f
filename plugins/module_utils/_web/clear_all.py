# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Has the product itself delete every remember-me token: as an administrator in a browser, by the form that its own page shows."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.errors import SessionsError
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._products._shape import ClearPage, Product
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.answer import Answer
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.browser import Browser
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.forms import Form, forms_in, path_of, title_of
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._web.http import Site

# redirects of one page that are followed, on the node alone
_MOST_REDIRECTS = 5
_NOTHING = "Nothing was deleted."


def clear_all(product: Product, site: Site, username: str, password: str) -> str:
    """Delete all tokens; returns the page that did it. Raises SessionsError, with what was seen, before anything is deleted."""
    page = product.clear_page
    if not page:
        raise SessionsError(f"No page of {product.title} is known that deletes all remember-me tokens. {_NOTHING}")
    admin = _Administrator(site, page, Browser(product, site).signed_in(username, password))
    answer = admin.opened(password)
    form = admin.the_form(answer)
    done = admin.submit(form, page.path)
    # what the page then shows is not known: whether it did it is seen by cookies
    if done.status >= 400 or admin.has_form(done, page.password):
        raise SessionsError(f"{admin.url} refused the form that it had shown: {_seen(done)}. Whether tokens were deleted is not known.")
    return admin.url


class _Administrator:
    """A browser with the cookies of an administrator; every address that it asks is on the node."""

    def __init__(self, site: Site, page: ClearPage, cookies: dict[str, str]) -> None:
        self._site, self._page, self._cookies = site, page, cookies
        self.url = f"{site.url}{page.path}"

    def opened(self, password: str) -> Answer:
        """The page, after the password was given once more where it asks for it."""
        answer = self._get(self._page.path)
        form = self._asking(answer)
        if not form:
            return answer
        answer = self.submit(_with(form, {self._page.password: password}), self._page.path)
        if answer.location:
            answer = self._get(self._page.path)
        if self._asking(answer):
            raise SessionsError(
                f"{self.url} asks the administrator for the password once more, and does not take it: the account may not have the right "
                f"of a system administrator, or signs in elsewhere. {_NOTHING}"
            )
        return answer

    def the_form(self, answer: Answer) -> Form:
        """The one form that deletes."""
        found = self._deleting(answer)
        if answer.status != 200 or len(found) != 1:
            raise SessionsError(
                f"{self.url} does not show the one form by which this product deletes all remember-me tokens: {_seen(answer)}. "
                f"Is the account a system administrator's? {_NOTHING}"
            )
        return found[0]

    def submit(self, form: Form, asked: str) -> Answer:
        """Send the form, to the node alone."""
        path = self._on_node(form.action or asked, asked)
        if not path:
            raise SessionsError(f"A form of {self.url} leads to another address than the node's own: it is not sent. {_NOTHING}")
        return self._keep(self._site.submit(path, form.fields, self._cookies))

    def has_form(self, answer: Answer, name: str) -> bool:
        """Whether the page has a form with that field."""
        return any(name in form.fields for form in forms_in(answer.body))

    def _asking(self, answer: Answer) -> Form | None:
        return next((form for form in forms_in(answer.body) if self._page.password in form.fields), None)

    def _deleting(self, answer: Answer) -> list[Form]:
        forms = forms_in(answer.body)
        return [form for form in forms if form.method == "post" and self._page.action in form.action.partition("?")[0]]

    def _get(self, path: str) -> Answer:
        for _number in range(_MOST_REDIRECTS):
            answer = self._keep(self._site.get(path, self._cookies))
            target = self._on_node(answer.location, path) if answer.location else ""
            if not target:
                return answer
            path = target
        raise SessionsError(f"{self.url} sends from page to page without an end. {_NOTHING}")

    def _on_node(self, target: str, asked: str) -> str:
        """The path below the context path, '' for another host, or another application."""
        whole, context = path_of(target, self._site.path_of(asked), self._site.hosts), self._site.path_of("")
        return whole[len(context) :] if whole.startswith(f"{context}/") else ""

    def _keep(self, answer: Answer) -> Answer:
        for cookie in answer.cookies:
            if cookie.expired:
                self._cookies.pop(cookie.name, None)
            else:
                self._cookies[cookie.name] = cookie.value
        return answer


def _with(form: Form, fields: t.Mapping[str, str]) -> Form:
    return Form(form.action, form.method, {**form.fields, **fields})


def _seen(answer: Answer) -> str:
    actions = ", ".join(form.action.partition("?")[0] or "(its own)" for form in forms_in(answer.body)) or "none"
    return shown(f"HTTP {answer.status}, title {title_of(answer.body) or '(none)'!r}, forms that lead to {actions}", 400)
