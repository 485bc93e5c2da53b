const http = require("http");

function serve(port, text) {
  http.createServer((request, response) => response.end(text)).listen(port, () => console.log(`listening on ${port}`));
}

serve(process.env.PORT || 3000, "ok\n");
serve(process.env.METRICS_PORT || 3000, "requests 0\n");
process.on("SIGTERM", () => process.exit(0));
