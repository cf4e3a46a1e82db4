"""Traces, metrics and logs: one start() and our attribute names."""
