#!/bin/sh
# Backs the database up: docs/deploy/backup.sh FOLDER, with DATABASE_URL in the environment.
# The file holds gateway keys only as FIELD_ENCRYPTION_KEYS has encrypted them: keep those keys, elsewhere, too.
set -eu
umask 077
: "${DATABASE_URL:?set it, or: set -a; . /etc/retake.env}"
folder=${1:?usage: backup.sh FOLDER}
mkdir -p "$folder"
name="retake-$(date -u +%Y%m%dT%H%M%SZ).dump"
pg_dump --format=custom --no-owner --no-privileges --file="$folder/$name.part" "$DATABASE_URL"
pg_restore --list "$folder/$name.part" > /dev/null    # it can be read
mv "$folder/$name.part" "$folder/$name"
echo "$folder/$name"
