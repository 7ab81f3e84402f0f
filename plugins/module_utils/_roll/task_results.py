# Copyright: Contributors to the dcops.atlassian_sessions project
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role's tasks registered, host by host, put together for the decisions. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._base.text import sentence, shown
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._record.content import is_done, is_finished, may_be_down
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll import settings
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.believed import answers_to_all, no_answer, own
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.drained import not_seen_back
from ansible_collections.dcops.atlassian_sessions.plugins.module_utils._roll.verdict import Evidence, why_alone

Results = t.Sequence[t.Mapping[str, t.Any]]
HostVars = t.Mapping[str, t.Mapping[str, t.Any]]
Record = t.Mapping[str, t.Any]
# what the plan is told of what ``session_probe`` saw; its rows are for the canary
_ASKED = ("nobody", "doors")
# of the result of a failed task, what a sentence is made of
_TOLD = ("failed", "unreachable", "msg", "cmd", "stderr", "stdout")
_OWN = "dcops.atlassian_sessions."
# of what was last seen of one node: it is not to crowd out the others
_MOST_OF_A_NODE = 2000
_LATE = "the look did not end within 10 minutes, as where a file server (NFS) or a database server does not answer"


def unseen(nodes: t.Sequence[str], hostvars: HostVars) -> list[str]:
    """A sentence for each reason why nodes could not be looked at, with their names."""
    by_reason: dict[str, list[str]] = {}
    for node in nodes:
        by_reason.setdefault(_why_unseen(hostvars[node]), []).append(node)
    return [f"{', '.join(names)}: {why}" for why, names in by_reason.items() if why]


def unseen_by_node(nodes: t.Sequence[str], seen: t.Mapping[str, t.Mapping[str, t.Any]], hostvars: HostVars) -> dict[str, str]:
    """Why each node was not looked at, of those of which ``seen``, by node, has no look: what ``node_look`` said, or the role knows."""
    unseen = [node for node in nodes if not _is_look(seen.get(node) or {})]
    # of a name that is not in the inventory Ansible has variables of a kind of its own
    found = {node: hostvars[node] for node in unseen if node in hostvars}
    whys = {node: _said(seen.get(node) or {}) or _why_unseen(found.get(node, {})) for node in unseen}
    return {node: why.rstrip(".") for node, why in whys.items()}


def seen_looks(nodes: t.Sequence[str], hostvars: HostVars) -> dict[str, t.Any]:
    """The same as ``looks``, of the nodes that were seen."""
    return looks([node for node in nodes if not _why_unseen(hostvars[node])], hostvars)


def disagreements(nodes: t.Sequence[str], hostvars: HostVars) -> list[str]:
    """A sentence for each variable of the cluster that was not told all nodes alike."""
    return settings.disagreements({node: hostvars[node]["__force_reauth_taken"]["settings"] for node in nodes})


def places(found: t.Mapping[str, t.Any]) -> dict[str, str]:
    """Of the variables of one host, where its product lies, '' where they do not tell."""
    return {name: str(found.get(settings.PREFIX + name) or "") for name in ("install_dir", "home_dir")}


def told_apart(hosts: t.Sequence[str], hostvars: HostVars, names: t.Sequence[str]) -> list[str]:
    """A sentence for each of these variables (without the role's prefix) that the hosts have differently, or not all of them."""
    return settings.disagreements({host: {name: hostvars[host].get(settings.PREFIX + name) or "" for name in names} for host in hosts})


def looks(nodes: t.Sequence[str], hostvars: HostVars) -> dict[str, t.Any]:
    """By node, what ``node_look`` returned (of ``asked`` without its cookies), with ``balanced``, of the load balancers that were asked.

    ``drain_look``: why the look at one failed, the operator's own or the role's, '' where it did not.
    """
    return {
        node: {
            **hostvars[node]["__force_reauth_detected"],
            "balanced": [
                {"balancer": one["item"], **server}
                for asked in ("__force_reauth_haproxies", "__force_reauth_apaches")
                for one in (hostvars[node].get(asked) or {}).get("results") or []
                for server in one.get("servers") or []
            ],
            "drain_look": _why_unbalanced(hostvars[node]),
            "asked": {name: value for name, value in hostvars[node]["__force_reauth_detected"]["asked"].items() if name in _ASKED},
        }
        for node in nodes
    }


def evidence(plan: t.Mapping[str, t.Any], hostvars: HostVars) -> dict[str, Evidence]:
    """By node, the answers before the act and those after it, for the verdict: as far as the node may speak of them."""
    return {
        node: {
            "controls": own(hostvars[node].get("__force_reauth_controls") or [], node),
            "answers": answers_to_all(hostvars, plan["nodes"], (hostvars[node].get("__force_reauth_replayed") or {}).get("answers") or []),
            "before": str((hostvars[node].get("__force_reauth_turn") or {}).get("unanswered") or ""),
            "after": no_answer(hostvars[node].get("__force_reauth_replayed") or {}),
            "alone": why_alone(plan["route"], plan["node_facts"][node]["sessions"]["kept"]),
        }
        for node in plan["nodes"]
    }


def not_up(results: Results) -> list[str]:
    """A sentence for each look of ``node_ready``, in a loop over nodes, that did not see the node ready."""
    return [
        f"{one['item']} is not up: {one.get('saw') or one.get('msg') or 'it does not answer'}"
        for one in results
        if one.get("ready") is not True
    ]


def why_failed(result: t.Mapping[str, t.Any], host: str) -> str:
    """Why a task that handles secrets failed. Of a host that was lost Ansible hides the reason together with the secrets."""
    said = _said(result) or "It was not seen."
    if "censored" not in said:
        return sentence(said)
    tell = f"'ansible {host} -m ansible.builtin.ping' with this inventory says it"
    return f"it was not reached, and why is hidden with the secrets of the task: {tell}."


def _said(result: t.Mapping[str, t.Any]) -> str:
    """What the task said. Of one that was given up Ansible says it for developers, before ansible-core 2.18 in words alone."""
    said = str(result.get("msg") or "")
    return _LATE if "timedout" in result or "in the expected time frame" in said else said


def failure_told(result: t.Mapping[str, t.Any], task: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What may be told of the ``result`` of a failed task: nothing of one of the site's own that hides its answer (C(no_log)).

    The tasks of this collection hide what they were given, and say why they failed in words that hold no secret.
    """
    own = str(task.get("action", "")).startswith(_OWN)
    # ansible-core 2.21 tells it in the task alone, where it may still be a template
    hidden = result.get("_ansible_no_log") or task.get("no_log") is not False
    if result and hidden and not own:
        return {"failed": True, "msg": f"the task '{task.get('name') or 'without a name'}' failed, and hides its answer (no_log)"}
    return {name: result[name] for name in _TOLD if name in result}


def locks_kept(nodes: t.Sequence[str], hostvars: HostVars) -> list[str]:
    """A line of the result for the nodes that did not answer when their locks were given back."""
    kept = [node for node in nodes if _did_not_answer(hostvars[node].get("__force_reauth_released") or {})]
    again = "start this run once more, with its force_reauth_run_id, to have it given back"
    return [f"Locked     {', '.join(kept)}: the lock of this run could not be given back: {again}"] if kept else []


def failures(results: Results) -> list[str]:
    """A sentence for each item of a loop that failed, or whose host was lost."""
    return [f"{one['item']}: {str(one.get('msg') or 'it was not seen').rstrip('.')}" for one in results if _did_not_answer(one)]


class Standbys(t.TypedDict):
    """``lines``: one for each cold standby that is down; ``problems``: a sentence for each node that is none, or was not seen."""

    lines: list[str]
    problems: list[str]


def standbys(nodes: t.Sequence[str], results: Results) -> Standbys:
    """``results``: of ``product_detect``, in a loop over the nodes that are named cold standbys."""
    looked = {one["item"]: one for one in results}
    problems = {node: _no_standby(looked.get(node, {})) for node in nodes}
    return {
        "lines": [f"{node}: cold standby, left alone{_saved(looked[node])}" for node in nodes if not problems[node]],
        "problems": [f"{node} is named a cold standby, and {problem}" for node, problem in problems.items() if problem],
    }


def nodes_done(plan: t.Mapping[str, t.Any], hostvars: HostVars) -> list[str]:
    """The nodes that are back with their sessions ended, by this start or by an earlier one of the run.

    One whose last gate failed is none of them: it was up, and is no more.
    """
    up = [node for node in plan["nodes"] if not _did_not_answer(hostvars[node].get("__force_reauth_gate") or {})]
    return [node for node in up if hostvars[node].get("__force_reauth_back") or _was_done(node, plan, hostvars[node])]


def _was_done(node: str, plan: t.Mapping[str, t.Any], found: t.Mapping[str, t.Any]) -> bool:
    """Whether an earlier start restarted it and saw it back. Before the phase ``rolling`` no node is done."""
    if plan.get("phase") != "rolling" or found.get("__force_reauth_still_out"):
        return False
    record = plan["record"]["node_records"].get(node, {})
    is_back = record.get("step") == "up" and not record.get("drain")
    return is_back and is_done(plan["node_facts"][node]["process"]["identity"], record)


def abort_sentence(plan: t.Mapping[str, t.Any], hostvars: HostVars, step: str, resume: str) -> str:
    """Where a run stands that cannot go on, and the command that takes it up again.

    Every node is asked: what Ansible calls the batch is without those that it sent to the rescue for another one's failure.
    """
    done = nodes_done(plan, hostvars)
    rest = [node for node in plan["nodes"] if node not in done]
    by_what: dict[str, list[str]] = {}
    for node in plan["nodes"]:
        for what in _last_seen(hostvars[node], _record_of(node, hostvars, plan)):
            by_what.setdefault(what, []).append(node)
    seen = [f"{', '.join(nodes)}: {what}" for what, nodes in by_what.items()]
    seen += [f"{node} does not answer" for node in _gone(hostvars, plan["nodes"])]
    return (
        f"Run {plan['run_id']} stopped in step '{step}'. Done: {', '.join(done) or 'none'}. Not done: {', '.join(rest) or 'none'}. "
        f"Last seen: {'; '.join(seen) or 'see the failed task above'}. "
        f"Resume: {resume} (and the variables and vault options of this run)"
    )


def left_down(nodes: t.Sequence[str], hostvars: HostVars, plan: t.Mapping[str, t.Any]) -> list[str]:
    """The nodes that a run of route outage stopped, in this start or in an earlier one, and has not seen up again.

    While every node is down, the lock of the run is what tells which home folder is the right one: theirs are not given back, unless the
    run is over.
    """
    going_on = plan["route"] == "outage" and not is_finished(plan["record"])
    return [node for node in nodes if going_on and _is_left_down(hostvars[node], _record_of(node, hostvars, plan))]


def _record_of(node: str, hostvars: HostVars, plan: t.Mapping[str, t.Any]) -> Record:
    """What is recorded of the node: as this start wrote it last, and where it has not, as the earlier one left it."""
    written: Record | None = (hostvars[node].get("__force_reauth_recorded") or {}).get("record")
    before: Record = plan["record"].get("node_records", {}).get(node, {})
    return written or before


def _is_left_down(found: t.Mapping[str, t.Any], record: Record) -> bool:
    gates = (found.get(name) or {} for name in ("__force_reauth_gate", "__force_reauth_started_again"))
    if any(one.get("process") and not one.get("failed") for one in gates):
        return False
    return may_be_down(record) or bool(found.get("__force_reauth_acted"))


def _was_stopped_alone(found: t.Mapping[str, t.Any]) -> bool:
    """Whether the last that was done to it is a stop that went well."""
    acted = found.get("__force_reauth_acted") or {}
    return acted.get("state") == "stopped" and not acted.get("failed")


def _did_not_answer(result: t.Mapping[str, t.Any]) -> bool:
    return bool(result.get("failed") or result.get("unreachable"))


def _no_standby(look: t.Mapping[str, t.Any]) -> str:
    if look.get("failed") or "process" not in look:
        return f"was not seen: {(_said(look) or 'it does not answer').rstrip('.')}"
    process = look["process"]
    if process["running"]:
        return f"its process runs: {process['pid']} from {look['install_dir']}"
    return str(process.get("strangers", ""))


def _saved(look: t.Mapping[str, t.Any]) -> str:
    saved = look["sessions"]["saved"]
    return f"; saved sessions lie on it, which its start may bring back: remove {' and '.join(saved)} before it is started" if saved else ""


def _why_unseen(found: t.Mapping[str, t.Any]) -> str:
    if found.get("__force_reauth_refusal"):
        return str(found["__force_reauth_refusal"]).rstrip(".")
    seen = found.get("__force_reauth_detected") or {}
    return "" if _is_look(seen) else _said(seen) or "it was not seen"


def _is_look(found: t.Mapping[str, t.Any]) -> bool:
    """Whether it is one of ``node_look`` that told everything: a node that did not answer may have told a part."""
    return "ready" in found and not _did_not_answer(found)


def _last_seen(found: t.Mapping[str, t.Any], record: Record) -> list[str]:
    again = found.get("__force_reauth_started_again") or {}
    failures = [
        found.get("__force_reauth_failure")
        or failure_told(found.get("ansible_failed_result") or {}, found.get("ansible_failed_task") or {}),
        {"msg": _why_out(found, record)},
        *([{"msg": f"it did not come up again: {again['msg']}"}] if _did_not_answer(again) else []),
        *([{"msg": "it is down: it was stopped, and not started"}] if _was_stopped_alone(found) else []),
    ]
    return [_in_words(one) for one in failures if one.get("msg")]


def _why_out(found: t.Mapping[str, t.Any], record: Record) -> str:
    """That the node is out of the load balancer, with what is known of it; '' where it was put back, or never taken out."""
    if found.get("__force_reauth_still_out"):
        return f"it is still out of the load balancer: {found['__force_reauth_still_out']}"
    drain = found.get("__force_reauth_drained") or record.get("drain")
    return not_seen_back(drain) if drain and not found.get("__force_reauth_undrained") else ""


def _why_unbalanced(found: t.Mapping[str, t.Any]) -> str:
    own = _in_words(found.get("__force_reauth_drain_look") or {})
    return f"force_reauth_drain_look_tasks: {own}" if own else _in_words({"msg": found.get("__force_reauth_unbalanced")})


def _in_words(failure: t.Mapping[str, t.Any]) -> str:
    """What ``failure_told`` has left of a failure, in one line; '' of none."""
    return shown(_with_last_words(str(failure.get("msg") or "").rstrip("."), failure), _MOST_OF_A_NODE)


def _with_last_words(message: str, failure: t.Mapping[str, t.Any]) -> str:
    """A command says why on its last line, where its message is no more than 'non-zero return code'."""
    said = str(failure.get("stderr") or failure.get("stdout") or "").strip().splitlines()
    return f"{message}: {said[-1].rstrip('.')}" if said and "cmd" in failure else message


def _gone(hostvars: HostVars, nodes: t.Sequence[str]) -> list[str]:
    """What one node has registered for all is told once."""
    unlocked = [hostvars[node].get("__force_reauth_unlocked") or {} for node in nodes]
    return list(dict.fromkeys(str(one["item"]) for result in unlocked for one in result.get("results") or [] if one.get("unreachable")))
