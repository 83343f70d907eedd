"""Papers that people hand in, taken in without trusting them: docs/decisions/0007.

Nothing here imports Django at this level: the worker starts without it.
"""
