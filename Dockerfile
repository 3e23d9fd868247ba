# The production image: web, worker, beat, sweeper and migrate are the same image with another command.
FROM python:3.11-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=dosing_portal.settings \
    PORTAL_STATIC_ROOT=/srv/static

WORKDIR /srv/portal

COPY requirements/runtime.txt requirements/runtime.txt
RUN pip install --no-cache-dir --no-compile --only-binary :all: --require-hashes -r requirements/runtime.txt

COPY manage.py ./
COPY scripts/ scripts/
COPY dosing_portal/ dosing_portal/
COPY protocols/ protocols/
COPY patients/ patients/
COPY schedules/ schedules/
COPY templates/ templates/
COPY static/ static/

# Collecting needs settings, though no server: these values live for this one command only.
RUN SECRET_KEY="only-for-this-command-$(head -c 48 /dev/urandom | base64 -w 0)" \
    PORTAL_DEMO=1 PORTAL_BASE_URL=http://localhost PORTAL_COMPRESS_STATIC=1 \
    DATABASE_URL=postgres://nobody@localhost/none REDIS_URL=redis://localhost \
    EMAIL_URL=file:///tmp EMAIL_FROM=nobody@localhost \
    python manage.py collectstatic --noinput --verbosity 0

RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin portal
USER 10001:10001

EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "scripts/probe.py", "http://127.0.0.1:8000/health/"]
CMD ["gunicorn", "dosing_portal.wsgi", "--bind", "0.0.0.0:8000", "--no-control-socket", "--graceful-timeout", "10"]
