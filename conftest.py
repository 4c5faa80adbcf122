"""One plugin for all tests."""

pytest_plugins = ["runtime.testing", "runtime.testing_service", "runtime.testing_world"]
