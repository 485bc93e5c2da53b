const express = require('express')
const { Pool } = require('pg')
const items = require('./routes/items')

const url = process.env.DATABASE_URL
if (!url) {
  throw new Error('DATABASE_URL is not set')
}
const port = process.env.PORT || 3000
const app = express()
app.use(express.json())
app.locals.pool = new Pool({ connectionString: url })
app.get('/healthz', (request, response) => response.json({ status: 'ok' }))
app.use('/api/items', items)
// process.env.NOT_READ
app.listen(port, () => console.log(`listening on ${port}`))
