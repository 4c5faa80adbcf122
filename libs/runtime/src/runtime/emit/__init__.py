"""What services write: the stream writer (a transactional outbox) and their timers."""
