"""What can be seen from outside: logs, metrics, and errors described in words."""
