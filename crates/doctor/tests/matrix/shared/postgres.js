const http = require("http");
const { Client } = require("pg");

const database = new Client({ connectionString: process.env.DATABASE_URL });

database.connect().then(
  () => http.createServer((request, response) => response.end("ok\n")).listen(3000, () => console.log("listening on 3000")),
  (error) => {
    console.error("cannot reach the database:", error.message);
    process.exit(1);
  },
);
process.on("SIGTERM", () => process.exit(0));
