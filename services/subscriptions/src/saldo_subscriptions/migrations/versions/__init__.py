"""Revisions, forward only."""
