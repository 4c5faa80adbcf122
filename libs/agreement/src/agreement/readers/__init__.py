"""What the world says, in our words: one reader per kind of value, used at the door and wherever a value is compared.

A reader is pure; its lists come from a library, extended by the agreement. What cannot be read is None, never a guess.
"""
