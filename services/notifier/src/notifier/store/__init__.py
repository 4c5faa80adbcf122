"""All SQL of notifier: `desks` for the lanes, `queue` for delivery, `listing` for /api/outbox."""
