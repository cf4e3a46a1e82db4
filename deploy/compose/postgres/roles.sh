#!/bin/sh
# A database for each service, and two logins for each: `payments_owner` owns the tables and is used by `prepare` alone,
# `payments` reads and writes rows and is used by api and worker. Nobody else may connect. Run once, when the server's data
# directory is made (docker-entrypoint-initdb.d); by hand again it changes nothing but the passwords.
set -eu

for service in subscriptions invoicing payments notifications; do
    upper=$(printf '%s' "$service" | tr '[:lower:]' '[:upper:]')
    eval "owner_password=\${${upper}_OWNER_DB_PASSWORD:?is not set} password=\${${upper}_DB_PASSWORD:?is not set}"
    export owner_password password
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set service="$service" --username "${POSTGRES_USER:-postgres}" \
        --dbname postgres <<'SQL'
\getenv owner_password owner_password
\getenv password password
\set owner :service _owner
SELECT format('CREATE ROLE %I', role) FROM unnest(ARRAY[:'owner', :'service']) AS role
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) \gexec
ALTER ROLE :"owner" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'owner_password';
ALTER ROLE :"service" LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION PASSWORD :'password';
SELECT format('CREATE DATABASE %I OWNER %I TEMPLATE template0', :'service', :'owner')
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'service') \gexec
REVOKE CONNECT, TEMPORARY ON DATABASE :"service" FROM PUBLIC;
REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;
GRANT CONNECT ON DATABASE :"service" TO :"service";
\connect :service
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO :"owner";
GRANT USAGE ON SCHEMA public TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"service";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" IN SCHEMA public GRANT USAGE ON SEQUENCES TO :"service";
SQL
done
