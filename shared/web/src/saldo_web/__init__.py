"""What every HTTP API shares: problem details, authentication, permissions, idempotency keys, paging, health."""
