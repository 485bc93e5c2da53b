FROM node:22-slim
WORKDIR /app
COPY server.js ./
RUN chown -R node:node /app && chmod -R 777 /app
USER 1000
CMD ["node", "server.js"]
