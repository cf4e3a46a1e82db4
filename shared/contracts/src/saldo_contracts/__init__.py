"""The words on the wire: event classes, topics, permissions, generated schemas."""
