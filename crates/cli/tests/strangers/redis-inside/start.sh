#!/bin/sh
redis-server --bind 127.0.0.1 --dir /data --appendonly yes --appendfsync always --daemonize no &
exec python3 links.py
