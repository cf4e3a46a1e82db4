"""`make demo`: the story of two accounts, told by what a plain subscriber and a mail sink saw."""
