"""How one service works its lanes: leases, batches, sequence numbers, recovery, dead letters."""
