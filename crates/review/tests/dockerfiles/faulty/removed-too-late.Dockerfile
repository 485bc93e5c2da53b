FROM debian:12
COPY installer.run /tmp/
RUN /tmp/installer.run --quiet
RUN rm /tmp/installer.run
USER 10001
