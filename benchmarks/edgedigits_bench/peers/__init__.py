"""Other engines, measured beside ours in one run."""
