"""Rules somebody could argue about: what a gate asks, and what its answer is."""
