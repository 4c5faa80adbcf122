"""All tests over the whole house use its fixtures."""

from testing.founded_house import founded_house, process
from testing.house import client, house, house_dsn, house_template, settings
from testing.patience import patient_door

__all__ = ["client", "founded_house", "house", "house_dsn", "house_template", "patient_door", "process", "settings"]
