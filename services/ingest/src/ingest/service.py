"""Assembly of the front door."""

from ingest.api import events, forms, sales, slack
from ingest.api.segment import PATHS, Tracking
from ingest.handler import Door
from runtime.keys import Keys
from runtime.service import Parts, Service, Surroundings


def build(around: Surroundings) -> Parts:
    door, keys = Door(around), Keys(around.database)
    tracking = Tracking(door, keys, around.settings)
    return Parts(
        routers=(
            forms.router(door, around.agreement, around.settings, keys),
            events.router(door, around.agreement),
            sales.router(door, around.agreement),
            slack.router(door, around.agreement, around.settings),
        ),
        fast={"/v1": tracking, "/beacon/v1": tracking, "/api/s": tracking},
        paths=PATHS,
    )


SERVICE = Service("ingest", "ingest", build)
