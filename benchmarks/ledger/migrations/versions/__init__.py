"""Revisions of the small service."""
