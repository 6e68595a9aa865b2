#!/bin/sh
# Puts a backup into an empty database: docs/deploy/restore.sh FILE, with DATABASE_URL and the other settings in the
# environment and every process of Retake stopped. All of it is restored, or nothing.
set -eu
: "${DATABASE_URL:?set it, or: set -a; . /etc/retake.env}"
file=${1:?usage: restore.sh FILE}
pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname="$DATABASE_URL" "$file"
python=${PYTHON:-python}
"$python" manage.py prepare      # a backup of an older version gets the tables of this one
"$python" manage.py restored     # what was open in it may have been sent since: nothing of it is sent again
echo "Restored. Start the processes, then run: $python manage.py doctor"
