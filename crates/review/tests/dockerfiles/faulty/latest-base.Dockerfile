FROM alpine:latest
USER 10001
CMD ["sleep", "60"]
