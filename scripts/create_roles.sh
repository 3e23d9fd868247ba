#!/bin/sh
# Runs once, inside the database container, when its volume is new: the owner of the tables and the role of the application.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner_password="$PORTAL_OWNER_PASSWORD" --set application_password="$PORTAL_APPLICATION_PASSWORD" <<'SQL'
CREATE ROLE portal_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE portal_app LOGIN PASSWORD :'application_password';
CREATE DATABASE portal OWNER portal_owner;
SQL
