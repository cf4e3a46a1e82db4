"""What one would write from the frameworks' own pages: one message, one transaction, one ORM session; events published
after the commit. At its best: pooled connections, eight messages in flight, `expire_on_commit` off, prepared statements,
acknowledged in the background. It loses or repeats an event when a process dies in between, which the house does not.
"""
