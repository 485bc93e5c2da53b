# syntax=docker/dockerfile:1
FROM alpine:3.21
COPY <<EOF /etc/app.conf
# COPY . .
RUN = FROM nothing
EOF
USER 10001
CMD ["cat", "/etc/app.conf"]
