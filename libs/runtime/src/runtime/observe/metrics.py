"""What can be seen from outside: metrics, one log line per batch, and the state of every lane."""

from typing import Final, Literal

from prometheus_client import Counter, Gauge, Histogram

Metric = Literal[
    "baton_lane_read_total",  # records taken from streams
    "baton_lane_written_total",  # facts written
    "baton_lane_skipped_total",  # records of types that this service does not handle
    "baton_lane_unknown_total",  # records of types this version does not know
    "baton_lane_repeats_total",  # records dropped because they were here before
    "baton_lane_gaps",  # streams that wait for a missing number
    "baton_lane_behind",  # events written for the lanes of this process and not read by them
    "baton_lane_unshipped",  # events written by the service and not shipped
    "baton_lane_standstills",  # places where work waits without moving, longer than a process may be ready
    "baton_lane_dead_letters_total",  # records and timers put aside as dead letters
    "baton_lane_takeovers_total",  # lanes taken
    "baton_lane_fenced_total",  # batches refused because the lane was somebody else's
    "baton_lane_failures_total",  # batches rolled back for a transient reason
    "baton_batch_seconds",  # from first statement to commit
    "baton_ship_seconds",  # from send to acknowledgement
]
READ: Final = Counter("baton_lane_read_total", "Records taken from streams", ["service"])
WRITTEN: Final = Counter("baton_lane_written_total", "Facts written", ["service"])
SKIPPED: Final = Counter("baton_lane_skipped_total", "Records of types that are not handled", ["service"])
UNKNOWN: Final = Counter("baton_lane_unknown_total", "Records of unknown types", ["service"])
REPEATS: Final = Counter("baton_lane_repeats_total", "Repeated records dropped", ["service"])
GAPS: Final = Gauge("baton_lane_gaps", "Streams waiting for a missing number", ["service"])
BEHIND: Final = Gauge("baton_lane_behind", "Events written and not read yet by this process's lanes", ["service"])
UNSHIPPED: Final = Gauge("baton_lane_unshipped", "Events written and not shipped yet", ["service"])
STANDSTILLS: Final = Gauge("baton_lane_standstills", "Places where work waits without moving", ["service"])
DEAD: Final = Counter("baton_lane_dead_letters_total", "Records and timers put aside as dead letters", ["service"])
TAKEN: Final = Counter("baton_lane_takeovers_total", "Lanes taken", ["service"])
FENCED: Final = Counter("baton_lane_fenced_total", "Batches refused by the fence", ["service"])
FAILED: Final = Counter("baton_lane_failures_total", "Batches rolled back for a transient reason", ["service"])
BATCH: Final = Histogram("baton_batch_seconds", "First statement to commit", ["service"])
SHIP: Final = Histogram("baton_ship_seconds", "Send to acknowledgement", ["service"])
