"""The fairness of each pool in a period: who got what and why, and a certificate that anybody can check.

The certificate is the hash of the pool's log (`reports/pick_log.py`): a chain over its picks and credits. Replayed, the
log gives the counts that are shown; each deviation from the fair share is explained down to its picks. The report reads
of each pick only its digest; who asks for one pool gets the whole log, and the same hash from it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from agreement.teams import Pool
from reporting.decide.picks import CAUSES
from reporting.filters import NONE, ReportQuery, link
from reporting.reports.fairness_words import finding, is_even
from reporting.reports.pick_log import LogSummary, log_of, summary_of, summary_of_digests
from reporting.reports.picks import LOG
from reporting.reports.pools import pool_terms
from reporting.reports.report import Answer, Column, Report, ReportScope
from reporting.store import picks as store
from reporting.store.conditions import DatabaseRow

Shares = tuple[list[DatabaseRow], list[DatabaseRow]]
"""Rows of `store.shares` and of `store.passed_over`."""


class FairnessQuery(ReportQuery):
    """Which days; and which pool, or all."""

    pool: str | None = None


async def fairness(scope: ReportScope, query: FairnessQuery) -> Answer:
    """Each pool with its shares and its certificate. Raises NoSuchPool, Malformed."""
    shown = await shares(scope, query)
    rows = {row["pool"]: row for row in await store.digests(scope.tx, _parameters(scope, query))}
    pools = [
        {**one, "certificate": certificate(summary_of_digests(rows.get(one["pool"])), one)} for one in shown["pools"]
    ]
    return {**shown, "pools": pools}


async def one_certificate(scope: ReportScope, query: FairnessQuery) -> Answer:
    """One pool with its certificate and the log behind it: enough to check the certificate without us.

    Raises NoSuchPool, Malformed.
    """
    shown = await shares(scope, query)
    log = log_of(await store.entries(scope.tx, _parameters(scope, query)))
    (one,) = shown["pools"]
    return {
        "from": shown["from"],
        "to": shown["to"],
        **one,
        "certificate": certificate(summary_of(log), one),
        "log": log,
    }


async def shares(scope: ReportScope, query: FairnessQuery) -> Answer:
    """The same without certificates: what the page of the team shows."""
    wanted = [pool_terms(scope, query.pool)] if query.pool else scope.agreement.teams.pools
    parameters = _parameters(scope, query)
    counted = await store.shares(scope.tx, parameters), await store.passed_over(scope.tx, parameters)
    days = scope.period(query).parameters
    return {**days, "pools": [_pool(scope, pool, counted, days) for pool in wanted]}


def _parameters(scope: ReportScope, query: FairnessQuery) -> dict[str, Any]:
    days = scope.period(query)
    return {"pool": query.pool, "start": days.start, "end": days.end}


def certificate(log: LogSummary, shown: Mapping[str, Any]) -> DatabaseRow:
    """What signs the counts: the hash of the log, and whether the log, replayed, gives them (`agrees`).

    `wrong` are the assignments of picks by turn that went past somebody who was before in line.
    """
    counts = {one["rep"]: (one["picks"], one["turns"], one["credited"]) for one in shown["reps"] if one["picks"]}
    return {
        "hash": log.hash,
        "entries": log.entries,
        "agrees": counts == {rep: (one.picks, one.turns, one.credits) for rep, one in log.tallies.items()},
        "wrong": list(log.wrong),
    }


def _pool(scope: ReportScope, pool: Pool, counted: Shares, days: Mapping[str, str]) -> DatabaseRow:
    mine = [row for row in counted[0] if row["pool"] == pool.id]
    others = sorted({row["rep"] for row in mine} - set(pool.members))
    reps = [_rep(scope, pool, rep, counted, days) for rep in (*pool.members, *others)]
    members = [one for one in reps if one["member"]]
    weights, turns = sum(one["weight"] for one in members), sum(one["net"] for one in members)
    for one in members:
        one["fair"] = round(turns * one["weight"] / weights, 2) if weights else None
        one["deviation"] = round(one["net"] - (one["fair"] or 0), 2)
    return {
        "pool": pool.id,
        "title": pool.title,
        "finding": finding(members, pool.on_call),
        "even": is_even(members),
        "picks": sum(one["picks"] for one in reps),
        "turns": sum(one["turns"] for one in reps),
        "links": {"picks": link(LOG, **days, pool=pool.id), "turns": link(LOG, **days, pool=pool.id, turn="true")},
        "reps": reps,
    }


def _rep(scope: ReportScope, pool: Pool, rep: str, counted: Shares, days: Mapping[str, str]) -> DatabaseRow:
    rows, passed_over = counted
    mine = [row for row in rows if row["pool"] == pool.id and row["rep"] == rep]
    outside = sum(row["picks"] for row in rows if row["pool"] is None and row["rep"] == rep)
    here = {**days, "pool": pool.id, "rep": rep}
    person = scope.people.rep(rep)
    turns, credited = (sum(row[name] for row in mine) for name in ("turns", "credited"))
    return {
        "pool": pool.id,
        "rep": rep,
        "name": scope.people.name(rep),
        "member": rep in pool.members,
        "weight": person.weight if person else 1.0,
        "picks": sum(row["picks"] for row in mine),
        "turns": turns,
        "credited": credited,
        "net": turns - credited,
        "fair": None,
        "deviation": None,
        "by_cause": {
            row["cause"]: {
                "picks": row["picks"],
                "turns": row["turns"],
                "credited": row["credited"],
                "link": link(LOG, **here, cause=row["cause"]),
            }
            for row in mine
        },
        "outside": outside,
        "passed_over": [
            {
                "because": row["because"],
                "count": row["picks"],
                "link": link(LOG, **days, pool=pool.id, passed_over=rep, because=row["because"]),
            }
            for row in sorted(passed_over, key=lambda row: (-row["picks"], row["because"]))
            if row["pool"] == pool.id and row["rep"] == rep
        ],
        "links": {
            "picks": link(LOG, **here),
            "turns": link(LOG, **here, turn="true"),
            "credited": link(LOG, **here, credited="true"),
            "outside": link(LOG, **days, pool=NONE, rep=rep),
        },
    }


def _rows(answer: Answer) -> Iterable[DatabaseRow]:
    """A row for each rep of each pool, with the pool's hash, a column for each cause, and who was passed over why."""
    for pool in answer["pools"]:
        for one in pool["reps"]:
            causes = {name: one["by_cause"].get(name, {"picks": 0, "link": None}) for name in CAUSES}
            yield {
                **one,
                **{name: cause["picks"] for name, cause in causes.items()},
                "links": {**one["links"], **{name: cause["link"] for name, cause in causes.items()}},
                "besides": one["passed_over"],
                "hash": pool["certificate"]["hash"],
                "agrees": pool["certificate"]["agrees"],
            }


def _finding(answer: Answer) -> str:
    """How many pools are even, and whether each log gives its counts."""
    busy = [one for one in answer["pools"] if one["picks"]]
    if not busy:
        return "No lead came through a pool in these days"
    words = f"{sum(one['even'] for one in busy)} of {len(busy)} pools are even"
    strange = [one["title"] for one in busy if not one["certificate"]["agrees"] or one["certificate"]["wrong"]]
    return (
        f"{words}; look at the log of {', '.join(strange)}" if strange else f"{words}, and every log gives its counts"
    )


_SHOWN: Final = {"turn": "By turn", "on_call": "On call", "same_company": "Same company", "hand_over": "Handed over"}
FAIRNESS = Report(
    "fairness",
    FairnessQuery,
    fairness,
    columns=(
        Column("pool", "Pool", "pool"),
        Column("rep"),
        Column("name", "Rep"),
        Column("member"),
        Column("weight", "Weight", "decimal"),
        Column("picks", "Leads", "number", link="links.picks"),
        *(Column(name, title, "number", link=f"links.{name}", wide=True) for name, title in _SHOWN.items()),
        *(Column(name, link=f"links.{name}") for name in CAUSES if name not in _SHOWN),
        Column("turns", "Turns", "number", link="links.turns"),
        Column("credited", "Credited", "number", link="links.credited"),
        Column("net", "Count", "number"),
        Column("fair", "Fair share", "decimal"),
        Column("deviation", "Off by", "decimal"),
        Column("outside", "Beside the pool", "number", link="links.outside", wide=True),
        Column("hash"),
        Column("agrees"),
    ),
    summary="How even each pool is, why it is not, and the hash of the log that proves it",
    title="Is it fair?",
    definition=(
        "Turns that leads of these days took, less those given back since, beside each member's share by weight. The "
        "hash is a chain over the pool's picks and credits, each link the SHA-256 of the link before and the entry's "
        "own (JSON, sorted keys, no blanks), in hex: `/api/fairness/{pool}` has the log to check it by."
    ),
    chapter="teams",
    rows=_rows,
    finding=_finding,
    key=("pool", "rep"),
    ignores=("source", "campaign", "segment", "team", "rep", "product"),
    page=True,
)
