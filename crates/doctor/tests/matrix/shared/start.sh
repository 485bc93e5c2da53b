#!/bin/sh
echo starting
exec python /app/app.py
