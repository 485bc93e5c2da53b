const http = require("http");

const charts = [];
for (let i = 0; i < 600000; i++) charts.push({ number: i, name: `chart ${i}`, depth: [i, i + 1] });

http.createServer((request, response) => response.end(`${charts.length}\n`)).listen(3000, () => console.log("listening on 3000"));
process.on("SIGTERM", () => process.exit(0));
