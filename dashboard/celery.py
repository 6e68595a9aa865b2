"""The Celery application: its settings are `CELERY` in `settings.py`."""

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
warnings.filterwarnings("ignore", category=SecurityWarning)  # about root and pickle; ours are JSON only
app = Celery("retake")
app.config_from_object(settings.CELERY)
app.autodiscover_tasks()
