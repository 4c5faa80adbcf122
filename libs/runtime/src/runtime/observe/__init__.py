"""What can be seen from outside: logs, metrics, the state of lanes."""
