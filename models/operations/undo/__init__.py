"""Undo an operation by compensation: what it did is done back by the verbs' own code, and history stays.

`registry.py` says for each verb what compensates it, or why nothing can. Where something later depends on what was
done, it is named (`dependents.py`), and can be undone first.
"""
