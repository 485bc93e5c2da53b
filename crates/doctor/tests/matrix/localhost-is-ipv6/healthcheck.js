const http = require("http");

http
  .get("http://localhost:3000/health", (response) => process.exit(response.statusCode === 200 ? 0 : 1))
  .on("error", (error) => {
    console.error(error.message);
    process.exit(1);
  });
