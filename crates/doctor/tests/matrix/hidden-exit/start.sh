#!/bin/sh
python app.py || echo "the service has failed"
exit 0
