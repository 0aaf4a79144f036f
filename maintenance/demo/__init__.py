"""The demo's content: what customers of an invented shop write, what a model answers, who judges.

Plain functions of a seed, without a database. Only the annotators' simulation reads an item's
truth; nothing of it may reach what is imported.
"""
