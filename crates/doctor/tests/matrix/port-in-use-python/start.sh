#!/bin/sh
# A page while the service warms up.
python -m http.server 8000 &
sleep 1
exec python app.py
