"""How invoicing's ports are kept: PostgreSQL, YAML tables, keyed hashes."""
