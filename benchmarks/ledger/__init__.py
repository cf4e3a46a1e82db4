"""A small service with a real handler: a payment moves an account's balance, writes two lines, tells two events.

Three hands do the same work on the same tables: `service` as the house builds it, `bare` with the same SQL and none of
our code, and `benchmarks.textbook` as the frameworks document it. It takes invoicing's name and topics, since the
catalogue of topics is closed.
"""
