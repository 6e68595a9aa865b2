"""The HTTP side: routes, settings, faults on the way, and how an answer is sent."""
