"""How good is a lead, and why?"""
