// A basket in memory: one process, no database.
const express = require("express");

const app = express();
const port = Number(process.env.PORT || 3000);
const baskets = new Map();
let next = 1;

app.use(express.json());
app.get("/health", (_, answer) => answer.json({ status: "ok" }));
app.post("/baskets", (request, answer) => {
  const basket = { id: next++, item: String(request.body.item) };
  baskets.set(basket.id, basket);
  answer.status(201).json(basket);
});
app.get("/baskets/:id", (request, answer) => {
  const basket = baskets.get(Number(request.params.id));
  if (!basket) return answer.status(404).json({ error: "no such basket" });
  answer.json(basket);
});
app.listen(port, () => console.log(JSON.stringify({ level: "info", message: `listens on ${port}` })));
