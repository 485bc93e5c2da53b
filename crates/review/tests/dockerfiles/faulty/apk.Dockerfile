FROM alpine:3.21
RUN apk add --update --virtual .deps curl "openssl=3.3.3-r0" tini~0.19 && apk add git
USER 10001
