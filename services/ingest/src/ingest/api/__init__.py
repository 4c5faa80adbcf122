"""HTTP in: each module parses one kind of request into submissions and lets the door decide."""
