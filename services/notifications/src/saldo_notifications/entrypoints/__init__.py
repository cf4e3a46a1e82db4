"""Where the outside comes in: streams of events, HTTP requests, and the loops that look for work."""
