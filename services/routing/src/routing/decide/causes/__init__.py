"""What comes in, by topic: each function answers one type of event, or one kind of timer."""
