"""A comune made up for demonstration, and the whole job run on it."""
