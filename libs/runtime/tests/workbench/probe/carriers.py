"""Which carrier a test runs on."""

import pytest

POSTGRES_FIRST = ["postgres", pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.slow])]
"""For tests that need many seconds on Kafka: there behind `make ci`."""
