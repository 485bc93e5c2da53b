FROM alpine:3.21
USER 10001
ENTRYPOINT exec /srv/run --verbose
CMD serve --port $PORT
