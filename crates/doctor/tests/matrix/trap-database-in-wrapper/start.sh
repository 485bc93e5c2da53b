#!/bin/sh
python wait.py || { echo "could not connect to server: Connection refused (is the database on db:5432 ready?)" >&2; exit 1; }
exec python app.py
