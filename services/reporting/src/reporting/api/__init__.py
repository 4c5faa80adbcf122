"""The JSON API of reporting: answers, never changes."""
