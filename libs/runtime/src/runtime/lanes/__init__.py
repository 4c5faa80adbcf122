"""How one service works its lanes: leases, batches, sequence numbers, recovery, dead letters, and
how far each lane is."""
