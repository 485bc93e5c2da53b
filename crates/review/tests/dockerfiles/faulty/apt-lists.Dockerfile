FROM debian:12
RUN apt-get update \
    # what the service needs

    && apt-get install -y --no-install-recommends ca-certificates=20230311
USER 10001
