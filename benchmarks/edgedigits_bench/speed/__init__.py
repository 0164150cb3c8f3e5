"""Latency, cold start and memory on this device."""
