"""All tests over the whole house use its fixtures."""

from standalone.testing import guest, house, house_dsn, house_template, process, settings

__all__ = ["guest", "house", "house_dsn", "house_template", "process", "settings"]
