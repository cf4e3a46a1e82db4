"""The database of subscriptions, step by step, forward only."""
