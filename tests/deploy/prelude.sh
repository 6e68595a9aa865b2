# A Debian server of one folder, for a shell that follows docs/deploy/server.md: what needs root, the network or systemd is
# a function here, which does the same with the means of a test. Given: ROOT, SOURCE, PY, ADMIN, NAME, FILL, PASSWORD.
set -eu -o pipefail

sql() { "$PY" -c 'import psycopg, sys; psycopg.connect(sys.argv[1], autocommit=True).execute(sys.argv[2])' "$ADMIN" "$1"; }
createuser() { sql "CREATE ROLE $NAME LOGIN PASSWORD '$PASSWORD'"; }
createdb() { sql "CREATE DATABASE $NAME OWNER $NAME"; }
dropdb() { sql "DROP DATABASE $NAME"; } # refuses while a process is in it

apt-get() { :; }
useradd() { :; }
runuser() { shift 3; "$@"; }
editor() { "$PY" "$FILL" "$1"; }
install() {
    local kept=()
    while [ $# -gt 0 ]; do
        case $1 in --owner) shift ;; *) kept+=("$1") ;; esac
        shift
    done
    command install "${kept[@]}"
}
git() {
    [ "$1" = clone ] || return 0
    mkdir -p "$3"
    tar -C "$SOURCE" -c dashboard generations static templates docs manage.py pyproject.toml \
        requirements.txt | tar -C "$3" -x
    "$PY" "$FILL" "$3"/docs/deploy/*.service "$3"/docs/deploy/*.conf
}
python3() {
    [ "$1 $2" = "-m venv" ] || { command "$PY" "$@"; return; }
    mkdir -p "$3/bin"
    for name in python celery; do printf '#!/bin/sh\nexec %s "$@"\n' "$(dirname "$PY")/$name" > "$3/bin/$name"; done
    printf '#!/bin/sh\ntest -f "$5"\n' > "$3/bin/pip"
    chmod +x "$3"/bin/*
}

# systemd: the command, the folder and the variables of a unit, and nothing else.
of_unit() { sed -n "s#^$1=##p" "$ROOT/etc/systemd/system/$2.service"; }
begin() {
    local file folder command
    file=$(of_unit EnvironmentFile "$1") folder=$(of_unit WorkingDirectory "$1") command=$(of_unit ExecStart "$1")
    env -i PATH=/usr/bin:/bin setsid sh -c "set -a; . $file; set +a; cd $folder; exec $command" >> "$ROOT/log" 2>&1 &
    echo $! > "$ROOT/run/$1"
}
stop() {
    kill "$(cat "$ROOT/run/$1")"
    while kill -0 "$(cat "$ROOT/run/$1")" 2> /dev/null; do sleep 0.1; done
    rm "$ROOT/run/$1"
}
systemctl() {
    local action=$1 unit
    shift
    [ "$action" != daemon-reload ] || return 0
    [ "$action" != enable ] || shift # --now
    for unit in "$@"; do
        case $action-$unit in
            *-redis-server) ;;
            reload-nginx) command nginx -p "$ROOT" -c "$ROOT/etc/nginx/nginx.conf" 2> /dev/null ;;
            enable-* | start-*) begin "$unit" ;;
            stop-*) stop "$unit" ;;
            restart-*) stop "$unit"; begin "$unit" ;;
        esac
    done
}
nginx() { command nginx -p "$ROOT" -c "$ROOT/etc/nginx/nginx.conf" "$@"; }
certbot() {
    local folder="$ROOT/etc/letsencrypt/live/$4"
    mkdir -p "$folder"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj "/CN=$4" -keyout "$folder/privkey.pem" -out "$folder/fullchain.pem" 2> /dev/null
}
