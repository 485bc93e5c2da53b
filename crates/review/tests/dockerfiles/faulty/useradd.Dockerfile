FROM debian:12
RUN useradd -u 1000660000 app && useradd --create-home -u 1001 other
USER 1000660000
