"""Pure decisions: which clocks run, which stop, what their milestones say, and how the month went."""
