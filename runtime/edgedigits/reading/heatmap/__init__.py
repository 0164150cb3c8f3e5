"""The page reader of one network: heat maps at several scales."""
