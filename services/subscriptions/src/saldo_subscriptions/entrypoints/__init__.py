"""Translates the outside into commands: messages, timers, requests."""
