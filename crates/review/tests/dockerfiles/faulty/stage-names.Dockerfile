FROM alpine:3.21 AS context
FROM alpine:3.21 AS run
FROM alpine:3.21 AS run
USER 10001
