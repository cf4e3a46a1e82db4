"""How fast the suite is: measured on real servers, effects counted, beside what others would do."""
