"""Where a lead goes: the steps, the round robin, the offer, the way on from it, and nurture."""
