"""Bundles: a folder of artifacts with a manifest; reading and writing them."""
