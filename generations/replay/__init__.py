"""The replay engine. Read `engine.py` from top to bottom; `pulse.py` and `live.py` serve it."""
