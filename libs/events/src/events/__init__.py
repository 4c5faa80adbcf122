"""What services say to each other: envelope, event types, topics."""
