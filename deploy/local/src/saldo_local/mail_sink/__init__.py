"""The mail sink: takes every mail, delivers none, and shows them to tests and people."""
