"""The doors of invoicing: messages, requests and timers become commands here, and nothing else happens."""
