#!/bin/sh
trap "echo stopping; exit 0" TERM
while :; do
  echo "tide table read"
  sleep 1 &
  wait
done
