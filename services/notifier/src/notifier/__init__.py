"""Who must know, and did they hear?"""
