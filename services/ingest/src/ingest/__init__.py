"""The front door: is this new, who is it, what is it in our words?"""
