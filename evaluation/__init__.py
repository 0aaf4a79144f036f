"""Is this model version good enough?"""
