"""Three small services in a row, made to test the plumbing: they count and chain what they read, and say so."""
