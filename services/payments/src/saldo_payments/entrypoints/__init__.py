"""The doors of payments: streams heard, loops, timers and HTTP; each only translates."""
