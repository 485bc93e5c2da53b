const http = require("http");

const config = { port: process.env.PORT || 3000, secret: process.env.SESSION_SECRET };
if (!config.secret) {
  console.error("fatal: SESSION_SECRET must be set");
  process.exit(1);
}

const server = http.createServer((request, response) => response.end("hello\n"));
server.listen(config.port, () => console.log(`listening on ${config.port}`));
process.on("SIGTERM", () => process.exit(0));
