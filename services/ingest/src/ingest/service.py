"""Assembly of the front door."""

from runtime.service import Parts, Service, Surroundings


def build(around: Surroundings) -> Parts:
    return Parts()


SERVICE = Service("ingest", "ingest", build)
