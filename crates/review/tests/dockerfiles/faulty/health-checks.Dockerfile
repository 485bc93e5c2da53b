FROM alpine:3.21
HEALTHCHECK CMD ["true"]
HEALTHCHECK --interval=5s CMD wget -q -O /dev/null http://127.0.0.1:8080/ || exit 1
USER 10001
