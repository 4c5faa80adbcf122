"""The world out: notices are claimed, rendered, sent and recorded, each step in its own short transaction."""

from notifier.deliver.hand_over import HandOver
from notifier.deliver.library import Library
from notifier.deliver.loop import DeliveryLoop

__all__ = ["DeliveryLoop", "HandOver", "Library"]
