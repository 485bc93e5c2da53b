const http = require("http");

const port = process.env.PORT || 3000;
http.createServer((request, response) => response.end("ok\n")).listen(port, () => console.log(`listening on ${port}`));
process.on("SIGTERM", () => process.exit(0));
