FROM node:22-slim
WORKDIR /app
COPY package.json ./
RUN yarn install
USER 10001
