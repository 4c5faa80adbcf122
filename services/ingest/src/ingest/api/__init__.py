"""HTTP in: each module reads one kind of request into submissions, and the intake decides."""
