# The package makes the user and its folder.
FROM alpine:3.21
RUN apk add --no-cache tor=0.4.8.13-r0
VOLUME /var/lib/tor
USER tor
CMD ["tor"]
