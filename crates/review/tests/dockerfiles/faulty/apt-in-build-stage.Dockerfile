FROM debian:12 AS base
RUN apt-get update && apt-get install -y --no-install-recommends make=4.3
FROM debian:12 AS other
RUN apt-get update && apt-get install -y --no-install-recommends make=4.3
FROM base
USER 10001
