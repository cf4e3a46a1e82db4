"""What tests share: movable clock, broker and database fixtures, recorder of events."""
