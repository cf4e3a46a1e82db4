"""What holds of a whole suite at rest, whatever happened to it: the sentences, and how each is looked up."""
