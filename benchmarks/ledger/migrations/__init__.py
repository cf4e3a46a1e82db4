"""The small service's migrations."""
