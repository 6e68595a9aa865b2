"""Settings, from the environment only. A missing or malformed value stops the start with one sentence that names it."""

from pathlib import Path

from kombu.entity import Queue

from dashboard.environment import Environment, host_of, refuse
from dashboard.processes.queues import CLOCK, CLOCK_THREADS, REPLAYS
from dashboard.telemetry import logs

BASE_DIR = Path(__file__).resolve().parent.parent
env = Environment(BASE_DIR)

# --- Core -------------------------------------------------------------------------------------------------------
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY")
# Former ones: what they signed (sessions, links) stays valid.
SECRET_KEY_FALLBACKS = env.secrets("SECRET_KEY_FALLBACKS")
FIELD_ENCRYPTION_KEYS = env.fernet_keys("FIELD_ENCRYPTION_KEYS")
PUBLIC_URL = env.public_url("PUBLIC_URL")
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", default=[host_of(PUBLIC_URL)] if PUBLIC_URL else [])
CSRF_TRUSTED_ORIGINS = env.origins("CSRF_TRUSTED_ORIGINS", default=[PUBLIC_URL] if PUBLIC_URL else [])
if not (ALLOWED_HOSTS or DEBUG):
    refuse("PUBLIC_URL", "is missing, and so is ALLOWED_HOSTS, so that no request would be answered")
ROOT_URLCONF = "dashboard.urls"
WSGI_APPLICATION = "dashboard.wsgi.application"
ASGI_APPLICATION = "dashboard.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
USE_I18N = False
INSTALLED_APPS = [
    "dashboard",
    "generations",
    "allauth",
    "allauth.account",
    "django_htmx",
    "template_partials.apps.SimpleAppConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]
MIDDLEWARE = [
    "dashboard.middleware.request_context",
    "dashboard.middleware.health",
    "dashboard.middleware.short_addresses",
    "django.middleware.security.SecurityMiddleware",
    "dashboard.web.static_files.AnswerFiles",
    "dashboard.middleware.content_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "dashboard.people.signed_in.Authentication",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "dashboard.people.appearance.apply",
    "dashboard.middleware.private_pages",
    "dashboard.middleware.plain_addresses",
    "dashboard.middleware.last_team",
    "dashboard.middleware.long_work",
    "generations.views.shared.undo.finish_due",
]

# --- Databases and the wire ---------------------------------------------------------------------------------------
# CONN_MAX_AGE is 0 because the pool keeps the connections; a view gives its own back at the end of the request.
WEB_THREADS = env.number("WEB_THREADS", default=2, most=64)
DATABASE_POOL = env.number("DATABASE_POOL", default=max(8, WEB_THREADS + 4), most=500)
if DATABASE_POOL < WEB_THREADS + 2:
    refuse("DATABASE_POOL", f"is {DATABASE_POOL}, and must be at least WEB_THREADS + 2, {WEB_THREADS + 2}")
DATABASES = {"default": env.database("DATABASE_URL", pool_size=DATABASE_POOL)}
REDIS_URL = env.redis("REDIS_URL")
# For the broker and the live channel alike; hosted plans have certificates that they signed themselves.
REDIS_TLS = env.redis_tls("REDIS_TLS_VERIFY", REDIS_URL)
CACHES = {"default": {"BACKEND": "dashboard.web.cache.HonestCache", "LOCATION": "cache"}}

# --- Behind a proxy -----------------------------------------------------------------------------------------------
TRUST_PROXY = env.flag("TRUST_PROXY", default=False)
SECURE = PUBLIC_URL.startswith("https://")
# Without TRUST_PROXY every request looks like plain HTTP, and redirecting it would never end.
SECURE_SSL_REDIRECT = SECURE and TRUST_PROXY and not DEBUG
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TRUST_PROXY else None
USE_X_FORWARDED_HOST = TRUST_PROXY
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if TRUST_PROXY else 0
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.flag("HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.flag("HSTS_PRELOAD", default=False)
if SECURE_HSTS_INCLUDE_SUBDOMAINS and not SECURE:
    refuse("HSTS_SUBDOMAINS", "is true, which needs a PUBLIC_URL with https")
if SECURE_HSTS_PRELOAD and not SECURE_HSTS_INCLUDE_SUBDOMAINS:
    refuse("HSTS_PRELOAD", "is true, which needs HSTS_SUBDOMAINS=true")
# Both bind every name below the host for a year, which is the operator's to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = env.cookie_names()
SESSION_ENGINE = "dashboard.people.signed_in"
SESSION_COOKIE_AGE = 30 * 24 * 3600
CSRF_FAILURE_VIEW = "dashboard.views.errors.csrf_failure"

# --- Content-Security-Policy --------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'"],
        "media-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

# --- Pages --------------------------------------------------------------------------------------------------------
_LOADERS = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
FORM_RENDERER = "dashboard.web.form_widgets.FormWidgets"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "dashboard.context.site",
            ],
            "builtins": ["template_partials.templatetags.partials", "dashboard.templatetags.site"],
            "loaders": [
                (
                    "template_partials.loader.Loader",
                    _LOADERS if DEBUG else [("django.template.loaders.cached.Loader", _LOADERS)],
                )
            ],
        },
    }
]
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / ".local" / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("screens", BASE_DIR / "docs" / "screens")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "dashboard.web.static_files.StaticFiles"
    },
}
WHITENOISE_USE_FINDERS = DEBUG
WHITENOISE_AUTOREFRESH = DEBUG
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_500_000

# --- People -------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "dashboard.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "dashboard.people.accounts.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_FORMS = {"reset_password": "dashboard.forms.ResetForm"}
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = "dashboard.people.accounts.ResetTokens"
PASSWORD_RESET_TIMEOUT = 24 * 3600
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/5m/key", "reset_password": "20/h/ip,5/h/key"}
vars().update(env.email("EMAIL_URL"))
EMAIL_TIMEOUT = 20
MAIL_WORKS = env.is_set("EMAIL_URL")
DEFAULT_FROM_EMAIL = env.sender("DEFAULT_FROM_EMAIL", default="Retake <retake@localhost>")

# --- Celery -------------------------------------------------------------------------------------------------------
# Early acks, no prefetch, no result store: a replay is claimed by its row, never by its message.
WORKER_CONCURRENCY = env.number("WORKER_CONCURRENCY", default=32, most=1000)
CELERY = {
    "broker_url": REDIS_URL,
    "broker_use_ssl": REDIS_TLS or None,
    "broker_transport_options": {
        "visibility_timeout": 3600,
        "socket_timeout": 10,
        "socket_connect_timeout": 3,
        "queue_order_strategy": "dashboard.processes.queues:BoundedReplays",
    },
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,  # an hour without Redis ends no worker
    "worker_consumer": "dashboard.processes.consumer:PatientConsumer",
    "broker_pool_limit": 2,
    "task_ignore_result": True,
    "task_acks_late": False,
    # A message is taken off the queue when it is read: the row, not the broker, knows what is still to be done.
    "task_queues": [Queue(name, no_ack=True) for name in (REPLAYS, CLOCK)],  # type: ignore[no-untyped-call]
    "task_default_queue": CLOCK,
    # What people wait for and what may take long; everything else is the clock's.
    "task_routes": {
        f"generations.tasks.{name}": {"queue": REPLAYS}
        for name in ("run_replay", "look_up_many", "send_feedback")
    },
    "task_publish_retry": False,
    "task_serializer": "json",
    "accept_content": ["json"],
    "worker_disable_prefetch": True,
    "worker_prefetch_multiplier": 1,
    "worker_pool": "threads",
    "worker_concurrency": WORKER_CONCURRENCY + CLOCK_THREADS,
    "worker_hijack_root_logger": False,
    "worker_send_task_events": False,
    "worker_enable_remote_control": False,
    "beat_schedule": {
        "sweep": {"task": "generations.tasks.sweep", "schedule": 5.0, "options": {"expires": 5}},
        "records": {"task": "generations.tasks.fetch_records", "schedule": 5.0, "options": {"expires": 5}},
        "rebuild": {"task": "generations.tasks.rebuild", "schedule": 10.0, "options": {"expires": 10}},
        "trends": {"task": "generations.tasks.trends", "schedule": 20.0, "options": {"expires": 20}},
        "usual": {"task": "generations.tasks.usual", "schedule": 30.0, "options": {"expires": 30}},
        "makers": {"task": "generations.tasks.note_makers", "schedule": 600.0, "options": {"expires": 600}},
        "consents": {"task": "generations.tasks.consents", "schedule": 600.0, "options": {"expires": 600}},
        "tidy": {"task": "generations.tasks.tidy", "schedule": 3600.0, "options": {"expires": 3600}},
    },
}

# --- Retake -------------------------------------------------------------------------------------------------------
GATEWAY_URLS = env.gateway_urls("GATEWAY_URLS", default=["https://api.phaseo.app/v1"])
DEMO_GATEWAY = next(iter(env.gateway_urls("DEMO_GATEWAY", default=[])), "")
# A client that is registered with the first of GATEWAY_URLS; without one the metadata document stands for Retake.
GATEWAY_OAUTH_CLIENT_ID = env.printable("GATEWAY_OAUTH_CLIENT_ID")
GATEWAY_OAUTH_CLIENT_SECRET = env.printable("GATEWAY_OAUTH_CLIENT_SECRET")
GATEWAY_OAUTH_SCOPES = env.printable("GATEWAY_OAUTH_SCOPES")
if GATEWAY_OAUTH_CLIENT_SECRET and not GATEWAY_OAUTH_CLIENT_ID:
    refuse("GATEWAY_OAUTH_CLIENT_SECRET", "is set, which needs GATEWAY_OAUTH_CLIENT_ID")
MAX_RECORD_MB = env.number("MAX_RECORD_MB", default=64, most=1024)
MAX_ANSWER_MB = env.number("MAX_ANSWER_MB", default=64, most=1024)
# Where a worker puts answers that the database cannot take, each file encrypted; see `dashboard/spool.py`.
SPOOL_DIR = env.text("SPOOL_DIR", default=str(BASE_DIR / ".local" / "spool"))
SPOOL_MB = env.number("SPOOL_MB", default=1024, least=0, most=1_000_000)
BODY_RETENTION_DAYS = env.number("BODY_RETENTION_DAYS", default=0, least=0, most=36_500)
TOTAL_SECONDS = env.number("TOTAL_SECONDS", default=1800, most=86_400)
FIRST_BYTE_SECONDS = env.number("FIRST_BYTE_SECONDS", default=min(600, TOTAL_SECONDS), most=86_400)
IDLE_SECONDS = env.number("IDLE_SECONDS", default=min(180, TOTAL_SECONDS), most=86_400)
for _name, _seconds in (("FIRST_BYTE_SECONDS", FIRST_BYTE_SECONDS), ("IDLE_SECONDS", IDLE_SECONDS)):
    if _seconds > TOTAL_SECONDS:
        refuse(_name, f"is {_seconds}, and must be at most TOTAL_SECONDS, {TOTAL_SECONDS}")
WORKER_GRACE_SECONDS = env.number("WORKER_GRACE_SECONDS", default=20, least=0, most=3600)

# Members of batches that run at once, all teams together and one team: the rest of the threads is for single replays.
BATCH_PARALLEL = env.number("BATCH_PARALLEL", default=max(1, WORKER_CONCURRENCY * 3 // 4), most=100_000)
TEAM_PARALLEL = env.number("TEAM_PARALLEL", default=BATCH_PARALLEL, most=100_000)
if TEAM_PARALLEL > BATCH_PARALLEL:
    refuse("TEAM_PARALLEL", f"is {TEAM_PARALLEL}, and must be at most BATCH_PARALLEL, {BATCH_PARALLEL}")

# --- Processes ----------------------------------------------------------------------------------------------------
PORT = env.number("PORT", default=8000, most=65_535)
WEB_HOST = env.text("WEB_HOST", default="0.0.0.0")
WEB_CONCURRENCY = env.number("WEB_CONCURRENCY", default=2, most=64)

# --- What an operator's tools are given ----------------------------------------------------------------------------
# Without a token there is no /metrics, and nothing is counted.
METRICS_TOKEN = env.secret_or_none("METRICS_TOKEN", least=20)
SENTRY_DSN = env.sentry("SENTRY_DSN")

# --- Logs ---------------------------------------------------------------------------------------------------------
LOGGING = logs.configuration(
    env.choice("LOG_FORMAT", ("plain", "json")), env.log_level("LOG_LEVEL", default="WARNING"), debug=DEBUG
)
