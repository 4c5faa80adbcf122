"""Restart keeps everything: stopped politely or killed in the middle of traffic, nothing is lost or doubled."""

import json
import threading
import urllib.error
import urllib.request

import pytest

from testing.answers import LeadAnswer, LeadItem, LeadsAnswer, NoticeAnswer
from testing.house import Process
from testing.waiting import PATIENCE, until


def post(url: str, body: object, key: str) -> int:
    request = urllib.request.Request(
        url, json.dumps(body).encode(), {"content-type": "application/json", "authorization": f"Bearer {key}"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return int(answer.status)


class Traffic:
    """Sends one hand-raise after another and remembers which were answered with 200."""

    def __init__(self, url: str, write_key: str) -> None:
        self.accepted: list[str] = []
        self._url, self._key = url, write_key
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def _send(self) -> None:
        number = 0
        while not self._over.is_set():
            email = f"lead{number}@company{number}.io"
            event = {
                "type": "track", "event": "Demo Requested", "userId": f"u-{number}", "messageId": f"m-{number}",
                "context": {"traits": {"email": email, "title": "VP Sales", "country": "US"}},
            }  # fmt: skip
            try:
                if post(f"{self._url}/v1/track", {**event, "writeKey": self._key}, "") == 200:
                    self.accepted.append(email)
                    number += 1
            except (OSError, urllib.error.URLError):
                self._over.wait(0.1)  # the same message again, as an SDK would

    def __enter__(self) -> "Traffic":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(PATIENCE)


def cards(process: Process, lead: str) -> list[NoticeAnswer]:
    notices = process.get(f"/api/leads/{lead}", LeadAnswer)["notices"]
    return [one for one in notices if (one["kind"], one["channel"], one["state"]) == ("assignment", "slack", "sent")]


@pytest.mark.fault("F01")
@pytest.mark.slow
@pytest.mark.busy
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_nothing_is_lost_or_doubled(process: Process, end: str) -> None:
    process.start()
    with Traffic(process.url, process.keys["write_key"]) as traffic:
        until(lambda: len(traffic.accepted) >= 25)
        getattr(process, end)()
        process.start()
        seen = len(traffic.accepted)
        until(lambda: len(traffic.accepted) >= seen + 25)

    def leads() -> list[LeadItem]:
        return process.get("/api/leads?limit=500", LeadsAnswer)["items"]

    def done() -> int:
        return sum(lead["stage"] == "mql" for lead in leads())

    until(lambda: done() >= len(traffic.accepted), PATIENCE, lambda: (done(), len(traffic.accepted)))
    until(lambda: all(cards(process, lead["id"]) for lead in leads()[:10]))
    emails = [lead["email"] for lead in leads()]
    assert len(emails) == len({*emails}), "nobody twice"
    assert set(traffic.accepted) <= set(emails)
    for lead in leads()[:10]:
        whole = process.get(f"/api/leads/{lead['id']}", LeadAnswer)
        assert len(whole["assignments"]) == 1
        assert whole["score"]["engagement"] == 50
        assert len(cards(process, lead["id"])) == 1
