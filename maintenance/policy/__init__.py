"""Rules that somebody could argue about, with reasons; no Django."""
