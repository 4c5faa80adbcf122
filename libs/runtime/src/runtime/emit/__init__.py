"""What services say: the stream writer (a transactional outbox) and their timers."""
