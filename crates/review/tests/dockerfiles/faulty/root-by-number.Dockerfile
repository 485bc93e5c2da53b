FROM debian:12.11-slim
USER 0:0
CMD ["/bin/sleep", "60"]
