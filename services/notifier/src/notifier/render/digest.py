"""Many notices as one message."""

from collections import Counter
from collections.abc import Sequence

from notifier.render.message import Message, MessagePart
from notifier.render.wording import one_line


def digest(messages: Sequence[tuple[str, Message]], page: str | None = None) -> Message:
    """Many at once, each with its lead: one line, with its page, for all that has one title and is of one lead.

    The title says of what, most first. `page`: the address where the recipient goes on.
    """
    lines = dict[tuple[str, str], list[Message]]()
    for lead, one in messages:
        lines.setdefault((lead, one.title), []).append(one)
    shown = tuple(
        one_line(f"{title}. {' '.join(one.summary for one in some)}", 250) for (_, title), some in lines.items()
    )
    links = tuple(some[0].link for some in lines.values())
    kinds = Counter(title.partition(":")[0] for _, title in lines).most_common(3)
    of_what = ", ".join(f"{number} {kind.lower()}" for kind, number in kinds)
    title = f"{len(shown)} notices: {of_what}" if len(shown) > 1 else next(title for _, title in lines)
    return Message(title, "Together, to disturb you once.", (MessagePart("", lines=shown, links=links),), link=page)
