const fs = require("fs");
try {
  fs.mkdirSync("/var/cache/harbour");
} catch (error) {
  console.error(`warning: no cache on disk: ${error.message}: permission denied`);
}
if (!process.env.API_TOKEN) throw new Error("API_TOKEN is required");
const http = require("http");

http
  .createServer((request, response) => {
    if (request.url !== "/health") response.statusCode = 404;
    response.end("{}\n");
  })
  .listen(3000, () => console.log("listening on 3000"));
process.on("SIGTERM", () => process.exit(0));
