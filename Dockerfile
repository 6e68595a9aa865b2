# Two stages: the packages are built where pip is, and run where only they are. Every process is this image.
FROM python:3.13-slim AS build
COPY requirements.txt /build/
RUN python -m venv /venv
RUN /venv/bin/pip install --quiet --disable-pip-version-check --no-cache-dir --require-hashes --no-deps -r /build/requirements.txt

FROM python:3.13-slim
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PORT=8000 SPOOL_DIR=/spool
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin retake
RUN install --directory --owner retake --mode 700 /spool
COPY --from=build /venv /venv
COPY . /app
WORKDIR /app
# Static files are collected while the image is built; the values reach nothing and are gone afterwards.
RUN DATABASE_URL=postgres://build@localhost/build REDIS_URL=redis://localhost/0 PUBLIC_URL=http://localhost \
    SECRET_KEY=only-while-the-image-is-built-only-while-the-image-is-built \
    FIELD_ENCRYPTION_KEYS=YnVpbGQtYnVpbGQtYnVpbGQtYnVpbGQtYnVpbGQtYnU= \
    python manage.py collectstatic --noinput --verbosity 0
RUN python -m compileall -q dashboard generations
USER retake
EXPOSE 8000
VOLUME /spool
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
CMD ["python", "-m", "dashboard.web.serve"]
