"""What one would write from the frameworks' own pages: one message, one transaction, one ORM session.

Events are published after the commit. At its best: pooled connections, eight messages in flight, `expire_on_commit`
off, messages acknowledged in the background, several events published side by side. It loses or repeats events when a
process dies in between, which the house does not.
"""
