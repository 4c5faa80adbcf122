"""One plugin for all tests."""

pytest_plugins = ["testing.servers", "testing.service", "testing.world"]
