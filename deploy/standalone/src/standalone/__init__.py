"""All services in one process, and the `baton` command."""
