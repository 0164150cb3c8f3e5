"""Trains the page reader's networks."""
