"""The toy's migrations."""
