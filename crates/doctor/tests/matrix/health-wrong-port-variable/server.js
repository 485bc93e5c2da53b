const http = require("http");

http
  .createServer((request, response) => {
    if (request.url !== "/health") response.statusCode = 404;
    response.end("{}\n");
  })
  .listen(process.env.PORT || 3000, () => console.log("listening"));
process.on("SIGTERM", () => process.exit(0));
