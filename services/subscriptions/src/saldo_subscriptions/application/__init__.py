"""The use cases of subscriptions: load, decide, save."""
