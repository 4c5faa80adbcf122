"""PostgreSQL: connections, the embedded server, migrations, fates of its errors."""
