FROM debian:12
RUN service nginx start && ps aux
RUN kill 1 || true
USER 10001
