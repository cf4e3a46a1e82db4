"""The HTTP API of payments, by resource."""
