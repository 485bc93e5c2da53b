FROM alpine:3.21
MAINTAINER Ann Example <ann@example.com>
LABEL Version=1.0 com.docker.thing=x good.key=1
LABEL a..b=1
USER 10001
