#!/bin/sh
echo starting
exec python app.py
