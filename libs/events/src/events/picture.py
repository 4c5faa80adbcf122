"""The picture of the README, drawn from the map. `python -m events.picture README.md` puts it between its marks."""

import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import Final

from events.topics import FLOW, TOPICS

START: Final = "<!-- picture: made by `make picture` -->"
END: Final = "<!-- /picture -->"


def mermaid() -> str:
    """The flowchart as a Mermaid block: which service writes which topics to which readers; feedback is dotted."""
    lines = ["```mermaid", "flowchart LR", "    world([forms, tools, CRM, Slack]) -->|HTTP| ingest"]
    edges = defaultdict[tuple[str, str], list[str]](list)
    for topic in TOPICS.values():
        for reader in topic.readers:
            edges[topic.producer, reader].append(topic.name)
    for (writer, reader), names in sorted(edges.items(), key=lambda e: (FLOW.index(e[0][0]), FLOW.index(e[0][1]))):
        start, end = ("-.", ".->") if FLOW.index(reader) < FLOW.index(writer) else ("--", "-->")
        lines.append(f"    {writer} {start} {' + '.join(names)} {end} {reader}")
    lines += ["    notifier -->|Slack, e-mail| people([reps, managers])", "    reporting -->|pages, API| people", "```"]
    return "\n".join(lines)


def placed(page: str) -> str:
    """The page with the picture of now; raises ValueError when its marks are missing."""
    if START not in page or END not in page:
        raise ValueError(f"no place for the picture: the page needs {START} and {END}")
    return re.sub(f"{re.escape(START)}.*?{re.escape(END)}", lambda _: f"{START}\n{mermaid()}\n{END}", page, flags=re.S)


def main(arguments: list[str]) -> int:
    """Puts the picture into the page; with `--check` only compares. Returns the exit code: 1 when they differ."""
    check, path = "--check" in arguments, Path(next(a for a in arguments if not a.startswith("--")))
    page = path.read_text()
    if check:
        if placed(page) != page:
            sys.stderr.write(f"{path}: the picture is not that of the map; run `make picture`\n")
            return 1
        return 0
    path.write_text(placed(page))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
