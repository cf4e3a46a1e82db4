"""How the ports are kept: PostgreSQL tables, read queries, and the catalogue's files."""
