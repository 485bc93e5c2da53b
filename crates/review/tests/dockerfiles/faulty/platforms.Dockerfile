FROM --platform=linux/amd64 alpine:3.21 AS a
FROM --platform=$TARGETPLATFORM alpine:3.21 AS b
FROM --platform=$BUILDPLATFORM alpine:3.21
USER 10001
