"""The HTTP edge: applications, access, problems, documentation, server and client."""
