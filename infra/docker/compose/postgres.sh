#!/bin/sh
# Makes the data folder where it is empty, with the superuser and password that the variables name, and starts the server
# as the user postgres.
set -eu
mkdir -p "$PGDATA"
chown -R postgres:postgres "$PGDATA" "$(dirname "$PGDATA")"
chmod 700 "$PGDATA"
mkdir -p /var/run/postgresql && chown postgres:postgres /var/run/postgresql
as_postgres() { setpriv --reuid=postgres --regid=postgres --clear-groups "$@"; }
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  # Into a folder of its own first: a start that is broken off leaves no half-made one behind.
  draft="$(dirname "$PGDATA")/.draft"
  rm -rf "$draft"
  as_postgres initdb --pgdata="$draft" --username="$POSTGRES_USER" --auth=scram-sha-256 \
    --pwfile="$POSTGRES_PASSWORD_FILE" --encoding=UTF8 --locale=C.UTF-8
  echo 'host all all all scram-sha-256' >> "$draft/pg_hba.conf"
  rmdir "$PGDATA"
  mv "$draft" "$PGDATA"
fi
exec setpriv --reuid=postgres --regid=postgres --clear-groups \
  postgres -D "$PGDATA" -c listen_addresses='*'
