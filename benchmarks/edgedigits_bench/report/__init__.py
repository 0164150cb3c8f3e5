"""A benchmark's result: its JSON, comparison, recommendation, page and plots."""
