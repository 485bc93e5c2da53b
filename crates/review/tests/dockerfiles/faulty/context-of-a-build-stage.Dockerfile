# What a stage copies and the image does not take is no finding; what another stage takes is.
FROM node:22-slim@sha256:2222222222222222222222222222222222222222222222222222222222222222 AS site
WORKDIR /site
COPY . .
RUN npm run build

FROM node:22-slim@sha256:2222222222222222222222222222222222222222222222222222222222222222 AS server
WORKDIR /srv
COPY . .

FROM server AS tested
RUN npm test

FROM node:22-slim@sha256:2222222222222222222222222222222222222222222222222222222222222222
COPY --from=site /site/dist/* /srv/site/
COPY --from=tested /srv /srv
USER 10001
CMD ["node", "/srv/server.js"]
