"""The plumbing: lanes, streams, workers, timers, HTTP edge, embedded PostgreSQL."""
