"""One module a figure: how it is taken, what it is held against, and which effects are counted."""
