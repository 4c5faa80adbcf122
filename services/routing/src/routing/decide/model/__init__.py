"""What a decision is made on: the table of stages, the rows being changed, one lead under one cause."""
