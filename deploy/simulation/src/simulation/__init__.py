"""Months of a make-believe company, sent through Baton's front door, and books of what was sent."""
