"""How often is an artifact right, and is it as good as its float model?"""
