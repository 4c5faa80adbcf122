"""Services as processes: assembly, start and stop, migrations."""
