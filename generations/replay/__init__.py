"""Replays: `order/` before the POST, `worker/` during it, `live/` what open pages show. Begin with `worker/runner.py`."""
