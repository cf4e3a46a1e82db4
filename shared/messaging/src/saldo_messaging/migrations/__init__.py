"""The migrations of messaging's own tables, run before a service's own."""
