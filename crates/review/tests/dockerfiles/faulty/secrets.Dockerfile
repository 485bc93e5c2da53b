FROM alpine:3.21
ARG NPM_TOKEN
ARG VERSION=1
ENV DATABASE_PASSWORD=prod-7fK29x LOG_LEVEL=info
ENV UPSTREAM=https://ann:w7x92kq@example.com/
RUN git clone https://deploy:9fk2j3n4@git.example.com/acme/app /srv/app
COPY .env config/id_rsa .npmrc /srv/
USER 10001
