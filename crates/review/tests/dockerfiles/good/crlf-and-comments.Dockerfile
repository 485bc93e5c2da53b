# The service.
FROM alpine:3.21

# What it runs.
COPY app \
    # its settings
    app.conf /srv/
USER 10001
CMD ["/srv/app"]
