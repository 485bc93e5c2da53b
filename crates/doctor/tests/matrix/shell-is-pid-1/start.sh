#!/bin/sh
echo starting
python app.py
