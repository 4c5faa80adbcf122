"""What ingest consists of."""

from ingest.api import (
    cloudevents,
    forms,
    hooks,
    judgements,
    library,
    nurture,
    offer_answers,
    rejects,
    sales,
    slack,
    stewards,
    tools,
)
from ingest.api.segment import PATHS, Tracking
from ingest.calendars import CalendarReader
from ingest.intake import Intake
from runtime.http.access_keys import Keys
from runtime.service import Components, Context, Service


def build(context: Context) -> Components:
    """The intake and the routes; ingest reads no topic, so there is no handler."""
    intake, keys = Intake(context), Keys(context.database)
    calendars = CalendarReader(context, intake)
    tracking = Tracking(intake, keys, context.settings)
    return Components(
        routers=(
            forms.router(intake, context.agreement, context.settings, keys),
            cloudevents.router(intake, context.agreement),
            sales.router(intake, context.agreement),
            slack.router(intake, context.agreement, context.settings),
            offer_answers.router(intake, context.agreement, context.settings, context.clock),
            hooks.router(intake, context.settings),
            rejects.router(intake, context.database),
            tools.router(context),
            nurture.router(intake, context.agreement),
            stewards.router(intake, context.agreement),
            judgements.router(intake, context.agreement),
            library.router(intake, context.agreement),
        ),
        fast={"/v1": tracking, "/beacon/v1": tracking, "/api/s": tracking, "/sourceConfig": tracking},
        paths=PATHS,
        loops=(calendars,),
        waiting=calendars.waiting,
        catch_up=calendars.read_due,
    )


SERVICE = Service("ingest", "ingest", build)
