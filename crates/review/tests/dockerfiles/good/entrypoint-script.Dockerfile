FROM alpine:3.21
COPY --chmod=755 entrypoint.sh /usr/local/bin/entrypoint.sh
ENV DATABASE_PASSWORD_FILE=/run/secrets/database TOKEN_TTL=3600
USER 10001
ENTRYPOINT ["/usr/local/bin/entrypoint.sh"]
CMD ["serve"]
