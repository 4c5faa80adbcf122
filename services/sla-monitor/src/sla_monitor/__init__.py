"""Was the promise kept, by both teams?"""
