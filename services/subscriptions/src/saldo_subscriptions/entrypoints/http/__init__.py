"""The HTTP API of subscriptions, by resource."""
