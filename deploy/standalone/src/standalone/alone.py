"""A house that touches nothing outside: for a make-believe company, whatever one's own agreement and settings name."""

from typing import Final

from agreement import Agreement
from runtime.settings import Settings

_OF_THE_WORLD: Final = ("database", "kafka", "slack_token", "slack_signing_secret", "smtp", "public_url")


def settings_alone(settings: Settings) -> Settings:
    """Without a database, broker, Slack, mail or address of the world: messages go to files."""
    return settings.model_copy(update=dict.fromkeys(_OF_THE_WORLD))


def terms_alone(agreement: Agreement) -> Agreement:
    """Without webhooks, providers of facts and calendar feeds; its version is that of the agreement it is made from."""
    definitions, notices, teams = agreement.definitions, agreement.notices, agreement.teams
    hooks = tuple(hook.model_copy(update={"enabled": False}) for hook in notices.webhooks)
    reps = tuple(rep.model_copy(update={"calendar": None}) for rep in teams.reps)
    enrichment = definitions.enrichment.model_copy(update={"providers": ()})
    return agreement.model_copy(
        update={
            "definitions": definitions.model_copy(update={"enrichment": enrichment}),
            "notices": notices.model_copy(update={"webhooks": hooks}),
            "teams": teams.model_copy(update={"reps": reps}),
            "hash": agreement.hash,
        }
    )
