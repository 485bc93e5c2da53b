ARG UID=10001
FROM debian:12
RUN useradd app
USER app:app
USER ${UID}
USER app
