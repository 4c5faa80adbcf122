"""The agreement as a whole: one attribute per chapter, and the hash that names its version."""

import hashlib
import json
from functools import cached_property

from agreement.calendar import Calendars
from agreement.definitions import Definitions
from agreement.events import Events
from agreement.goals import Goals
from agreement.notices import Notices
from agreement.routing import Routing
from agreement.scoring import Scoring
from agreement.service_levels import ServiceLevels
from agreement.teams import Teams
from agreement.types import Terms
from events.vocabulary import Side


class Agreement(Terms):
    """What marketing and sales agreed."""

    definitions: Definitions
    events: Events
    scoring: Scoring
    routing: Routing
    teams: Teams
    service_levels: ServiceLevels
    notices: Notices
    goals: Goals

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the meaning of all chapters: comments, order of keys and layout do not change it."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    @cached_property
    def calendars(self) -> Calendars:
        """The calendars of everybody, without the absences that were said: their openings are found once."""
        return Calendars(self.teams)

    @property
    def signed_by(self) -> tuple[Side, ...]:
        """The sides that sign an edit of it before that counts; none: it counts at once."""
        return self.definitions.house.signed_by

    @property
    def version(self) -> str:
        """Short form of the hash, as decisions carry it."""
        return self.hash[:12]
