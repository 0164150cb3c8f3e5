"""Bundles of the page reader's networks."""
