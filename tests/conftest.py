"""All tests over the whole house use its fixtures."""

from testing.house import guest, house, house_dsn, house_template, process, settings

__all__ = ["guest", "house", "house_dsn", "house_template", "process", "settings"]
