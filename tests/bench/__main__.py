"""`make bench`: Baton's main jobs on real servers against the bare thing, as ratios. Nothing is written anywhere."""

import argparse
import logging
import sys

import structlog
from tests.bench import form_to_slack, front_door, kafka_job
from tests.bench.result import Line, show

PARTS = ("kafka", "door", "slack")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="kafka|door|slack", help="some of them (default: all)")
    parser.add_argument("--json", action="store_true", help="for programs instead of people")
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts")
    parser.add_argument("--events", type=int, default=20_000, help="on Kafka")
    parser.add_argument("--leads", type=int, default=2_000, help="whose events they are")
    parser.add_argument("--seconds", type=float, default=3.0, help="of load on the front door, each time")
    parser.add_argument("--forms", type=int, default=100, help="on their way to Slack")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"there is no {', '.join(sorted(unknown))}: say {', '.join(PARTS)}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    logging.disable(logging.ERROR)  # aiokafka tells of each topic that is a moment old
    lines: list[Line] = []
    notes: list[str] = []
    try:
        for part in options.parts or PARTS:
            sys.stderr.write(f"measuring {part} ...\n")
            rows, remarks = _measure(part, options)
            lines += rows
            notes += remarks
    finally:
        show(lines, notes, as_json=options.json)


def _measure(part: str, options: argparse.Namespace) -> tuple[list[Line], list[str]]:
    if part == "kafka":
        return kafka_job.bench(options.events, options.leads, options.rounds)
    if part == "door":
        return front_door.bench(options.seconds, options.rounds)
    return form_to_slack.bench(options.forms)


if __name__ == "__main__":
    main()
