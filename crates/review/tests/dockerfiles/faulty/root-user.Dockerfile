FROM debian:12.11-slim
USER root
CMD ["/bin/sleep", "60"]
