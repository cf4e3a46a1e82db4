"""The HTTP API: the delivery log, and a failed notice's second chance."""
