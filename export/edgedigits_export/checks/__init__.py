"""Is an artifact the same function as its float model, and where does it differ?"""
