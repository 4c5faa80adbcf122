"""Moves stored batches from writers to readers: through PostgreSQL, or through Kafka."""
