"""How this service meets the outside: PostgreSQL, the mail server, the texts and the sellers' data."""
