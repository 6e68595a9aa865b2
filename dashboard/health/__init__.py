"""Why is it red? One list of checks for the health page of a team, for `manage.py doctor`, and for both the same words."""
