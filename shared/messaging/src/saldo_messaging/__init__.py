"""How words travel with exactly-once effects: outbox, inbox, relay, listener, runner, timers, dead letters."""
