const http = require("http");

http
  .createServer((request, response) => {
    if (request.url !== "/health") response.statusCode = 404;
    response.end("{}\n");
  })
  .listen(3000, () => console.log("listening on 3000"));
process.on("SIGTERM", () => process.exit(0));
