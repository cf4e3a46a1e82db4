"""The HTTP API of invoicing, one file a resource."""
