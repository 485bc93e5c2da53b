FROM debian:stretch
RUN groupadd -r mongodb && useradd -r -g mongodb mongodb
RUN apt-get update \
	&& apt-get install -y --no-install-recommends ca-certificates jq numactl \
	&& rm -rf /var/lib/apt/lists/*
RUN mkdir -p /data/db && chown -R mongodb:mongodb /data/db
VOLUME /data/db
COPY docker-entrypoint.sh /usr/local/bin/
ENTRYPOINT ["docker-entrypoint.sh"]
EXPOSE 27017
CMD ["mongod"]
