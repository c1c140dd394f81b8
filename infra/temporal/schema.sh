#!/bin/sh
# Makes the two databases of the Temporal server and brings their schema up to date. Safe to run again.
set -eu
SQL_PASSWORD=$(cat /run/secrets/postgres)
export SQL_PASSWORD SQL_PLUGIN=postgres12 SQL_HOST=postgres SQL_PORT=5432 SQL_USER=temporal
schema=/etc/temporal/schema/postgresql/v12

prepare() { # database, folder of its schema
  SQL_DATABASE="$1"
  export SQL_DATABASE
  # It reports success where the database is there already.
  temporal-sql-tool create-database
  # A database that has a version keeps it: setup would begin anew.
  temporal-sql-tool update-schema --schema-dir "$schema/$2/versioned" && return
  temporal-sql-tool setup-schema --version 0.0
  temporal-sql-tool update-schema --schema-dir "$schema/$2/versioned"
}

prepare temporal temporal
prepare temporal_visibility visibility
