FROM alpine:3.21 AS build
COPY a b c /srv
COPY --from=build /x /y
FROM alpine:3.21
COPY --from=builder /x /y
COPY --from=0 /x /y
COPY --from=nginx:1.29 /etc/nginx /etc/nginx
COPY --from=2 /x /y
COPY --from=build / /
COPY settings.json settings/
USER 10001
