"""The words a use case is written in: cause, actor, unit of work, needs, clock, timers, kinds of error."""
