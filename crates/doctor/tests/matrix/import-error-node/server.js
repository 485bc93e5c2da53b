const express = require("express");

const app = express();
app.get("/", (request, response) => response.end("ok\n"));
app.listen(3000, () => console.log("listening on 3000"));
process.on("SIGTERM", () => process.exit(0));
