FROM node:22-slim
WORKDIR /app
COPY server.js ./
USER 1000
EXPOSE 3000
HEALTHCHECK CMD ["curl", "-f", "http://127.0.0.1:3000/health"]
CMD ["node", "server.js"]
