#!/bin/sh
# Makes the role that web, worker and beat connect as; docs/operations.md, "Two roles".
# PostgreSQL's image runs it for a new volume. For a volume made before, run it once:
#   docker compose exec database sh /docker-entrypoint-initdb.d/application_role.sh
set -eu
psql --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --no-psqlrc --quiet \
  --set ON_ERROR_STOP=1 --set password="$APPLICATION_PASSWORD" <<'SQL'
SELECT 'CREATE ROLE meridian_application LOGIN'
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'meridian_application') \gexec
ALTER ROLE meridian_application PASSWORD :'password';
SQL
