"""The checks of the criteria pack: one engine, one module a group."""
