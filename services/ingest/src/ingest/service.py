"""Assembly of the front door."""

from ingest.api import events, forms, sales, slack
from ingest.api.segment import PATHS, Tracking
from ingest.handler import Door
from runtime.http.access_keys import Keys
from runtime.service import Components, Context, Service


def build(context: Context) -> Components:
    door, keys = Door(context), Keys(context.database)
    tracking = Tracking(door, keys, context.settings)
    return Components(
        routers=(
            forms.router(door, context.agreement, context.settings, keys),
            events.router(door, context.agreement),
            sales.router(door, context.agreement),
            slack.router(door, context.agreement, context.settings),
        ),
        fast={"/v1": tracking, "/beacon/v1": tracking, "/api/s": tracking},
        paths=PATHS,
    )


SERVICE = Service("ingest", "ingest", build)
