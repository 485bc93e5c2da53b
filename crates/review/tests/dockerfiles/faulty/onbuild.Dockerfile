FROM alpine:3.21
ONBUILD MAINTAINER ann
ONBUILD RUN apk add curl && cd /srv && sudo true
USER 10001
