FROM node:22-slim
RUN npm install -g typescript @angular/cli pnpm@10.20.0 @scope/tool@1.2.3 ./local
USER 10001
