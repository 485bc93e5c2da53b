const http = require("http");
const { Client } = require("pg");

const url = new URL(process.env.DATABASE_URL);
const database = new Client({
  host: url.hostname,
  port: url.port || 5432,
  user: url.username,
  password: url.password,
  database: url.pathname.slice(1),
});

database.connect().then(() => {
  http.createServer((request, response) => response.end("ok\n")).listen(3000, () => console.log("listening on 3000"));
});
process.on("SIGTERM", () => process.exit(0));
