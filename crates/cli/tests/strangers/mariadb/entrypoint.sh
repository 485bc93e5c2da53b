#!/bin/sh
set -eu
[ -d /var/lib/mysql/mysql ] || mariadb-install-db --datadir=/var/lib/mysql --auth-root-authentication-method=normal >/dev/null
exec "$@"
