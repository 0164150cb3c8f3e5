"""Makes the networks that ship."""
