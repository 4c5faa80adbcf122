"""Which carrier a test runs on."""

import pytest

POSTGRES_FIRST = ["postgres", pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.slow])]
"""For tests that need many seconds on Kafka: there behind `make ci`."""
KAFKA_SELDOM = ["postgres", pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.slow, pytest.mark.chaos])]
"""Where the transport has little to do with it: on Kafka behind `make chaos` only."""
KAFKA_FIRST = [
    pytest.param("postgres", marks=[pytest.mark.slow, pytest.mark.chaos]),
    pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.slow]),
]
"""Where Kafka asks all that PostgreSQL asks, and more."""
