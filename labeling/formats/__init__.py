"""Bytes in, plain rows out, and back; knows neither the database nor the web."""
