"""The use cases of payments: load, decide, save."""
