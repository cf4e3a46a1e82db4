"""The use cases of invoicing: one file each, load, decide, save."""
