FROM debian:12.11-slim
# seaworthy: allow unpinned-package: Debian removes replaced versions, the base is pinned
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates tini \
 && rm -rf /var/lib/apt/lists/*
COPY app /app
USER 10001:10001
ENTRYPOINT ["tini", "--", "/app"]
