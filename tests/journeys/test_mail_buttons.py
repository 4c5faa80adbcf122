"""The buttons of a mail: a page that posts, good once, in the name of the rep whose mail it is."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydantic import SecretStr

from runtime.settings import Settings
from standalone.house import House
from testing.house import Client
from testing.terms import changed_agreement

MAIL = {"teams.yaml": [("  channels: [slack]", "  channels: [email]")]}


def buttons(house: House) -> dict[str, str]:
    """Paths by answer, of the only card that was mailed."""
    (file,) = (house.settings.data / "outbox" / "email").glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(mail, EmailMessage)
    html = mail.get_body(("html",))
    assert html is not None
    found = {
        answer: urlsplit(address).path
        for address, answer in re.findall(r'href="([^"]+/a/[^"/]+/(accept|reject))"', html.get_content())
    }
    assert re.match(r"Due .+ · Jane Doe", mail["Subject"])
    return found


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    secret = SecretStr("s" * 32)
    return settings.model_copy(update={"agreement": changed_agreement(tmp_path, MAIL), "secret": secret})


async def test_a_rep_accepts_from_the_mail_once(house: House, client: Client) -> None:
    await client.submit("demo", email="jane@acme.example", first_name="Jane", last_name="Doe", title="VP Sales")
    await client.settle()
    addresses = buttons(house)
    assert addresses.keys() == {"accept", "reject"}
    visitor = client.http
    page = await visitor.get(addresses["accept"])
    assert (page.status_code, "Accept Jane Doe" in page.text) == (200, True)
    assert (await client.lead("jane@acme.example"))["stage"] == "mql", "looking changes nothing"
    done = await visitor.post(addresses["accept"])
    assert (done.status_code, done.headers["location"].endswith("/accept?done=1")) == (303, True)
    await client.settle()
    lead = await client.lead("jane@acme.example")
    assert lead["stage"] == "sal"
    await visitor.post(addresses["reject"], data={"reason": "not_icp"})
    await client.settle()
    assert (await client.lead("jane@acme.example"))["stage"] == "sal", "the second answer is the same fact"
    assert "Accepted" in (await visitor.get(addresses["reject"])).text
    broken = addresses["accept"].replace("/a/", "/a/x")
    assert (await visitor.get(broken)).status_code == 410
    assert (await visitor.post(broken)).status_code == 410
    kept = await client.http.get("/api/outbox", headers={"authorization": f"Bearer {client.server_key}"})
    assert "/a/" not in kept.text, "who reads the messages has no button"
