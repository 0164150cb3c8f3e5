"""The live reader's outputs: a window, JSON Lines, a page for a browser."""
