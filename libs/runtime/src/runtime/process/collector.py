"""The cycle collector of a process that lives long."""

import gc

from agreement.source import forget_texts


def calm_collector() -> None:
    """Batches die by reference count: the cycle collector would walk them and the whole house often, and find nothing.

    Worth a third of a worker's time (`make bench`). Called again, what was built before and is not needed is let go.
    """
    forget_texts()
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
