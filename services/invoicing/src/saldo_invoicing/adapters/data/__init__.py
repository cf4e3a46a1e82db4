"""The sample sellers and their tax rates; a deployment gives its own files."""
