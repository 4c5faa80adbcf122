"""A back end or a form in Python: says who it is, then one event after another, as a user of the SDK writes it.

python python_sender.py CLIENT URL WRITE_KEY SERVER_KEY COUNT PAUSE_MS GO
The first half of the events begins when the file GO-0 is there, the second half with GO-1.
"""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

import requests
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

Send = Callable[[int], object]
"""Sends event n; -1 says who it is."""


class Tracker(Protocol):
    """What both SDKs have."""

    def identify(self, user_id: str, traits: Mapping[str, str]) -> object: ...
    def track(self, user_id: str, event: str, properties: Mapping[str, str]) -> object: ...


def segment(url: str, write_key: str, email: str) -> Send:
    from segment.analytics import Client  # noqa: PLC0415

    return _tracking(Client(write_key, host=url), email)


def rudder(url: str, write_key: str, email: str) -> Send:
    from rudderstack.analytics import Client  # noqa: PLC0415

    return _tracking(Client(write_key, host=url), email)


def _tracking(sdk: Tracker, email: str) -> Send:
    def send(n: int) -> None:
        if n < 0:
            sdk.identify(email, {"email": email})
        else:
            sdk.track(email, "Case Study Viewed", {"asset": f"asset-{n}"})

    return send


def session() -> requests.Session:
    """What a patient caller uses: the same bytes again, also when the connection broke, or is refused for a while."""
    patient = requests.Session()
    retry = Retry(total=300, backoff_factor=0.2, backoff_max=1, status_forcelist=[429, 502, 503], allowed_methods=None)
    patient.mount("http://", HTTPAdapter(max_retries=retry))
    return patient


def cloudevents(url: str, server_key: str, email: str) -> Send:
    patient = session()

    def send(n: int) -> None:
        kind, data = ("engagement.recorded", {"kind": "case_study", "asset": f"asset-{n}"}) if n >= 0 else (
            "lead.captured", {"name": "Kim"})  # fmt: skip
        attributes = {"id": str(n), "source": "/Müller", "type": kind, "specversion": "1.0", "subject": email}
        message = (to_binary_event if n % 2 else to_structured_event)(CloudEvent(attributes, data))
        headers = {**message.headers, "authorization": f"Bearer {server_key}"}
        patient.post(f"{url}/events", data=message.body, headers=headers).raise_for_status()

    return send


def form(url: str, email: str, *, multipart: bool) -> Send:
    patient = session()

    def send(n: int) -> None:
        fields = {"email": email, "first_name": "Kim", "asset": f"asset-{n}"}
        where = f"{url}/f/{'case-study' if n >= 0 else 'newsletter'}"
        given: Mapping[str, object] = (
            {"files": {name: (None, value) for name, value in fields.items()}} if multipart else {"data": fields}
        )
        patient.post(where, allow_redirects=False, **given).raise_for_status()  # type: ignore[arg-type]

    return send


def main(client: str, url: str, write_key: str, server_key: str, count: str, pause: str, go: str) -> None:
    email = f"kim@{client}.io"
    match client:
        case "segment-python":
            send = segment(url, write_key, email)
        case "rudder-python":
            send = rudder(url, write_key, email)
        case "cloudevents-python":
            send = cloudevents(url, server_key, email)
        case _:
            send = form(url, email, multipart=client == "form-multipart")
    send(-1)
    half = int(count) // 2
    for part in range(2):
        while not Path(f"{go}-{part}").exists():
            time.sleep(0.05)
        for n in range(part * half, (part + 1) * half):
            send(n)
            time.sleep(int(pause) / 1000)
    time.sleep(3600)  # until it is ended: what is not answered yet is sent again


if __name__ == "__main__":
    main(*sys.argv[1:])
