"""All SQL of notifier: `leads` for the lanes, `queue` for delivery, `listing` for /api/outbox."""
