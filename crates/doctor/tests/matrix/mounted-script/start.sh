#!/bin/sh
: "${API_TOKEN:?parameter not set}"
exec python /app/app.py
