const http = require('node:http')

const server = http.createServer((request, response) => {
  if (request.url === '/healthz') return response.end('ok')
  if (request.url === '/') return response.end(new Date().toISOString())
  response.statusCode = 404
  response.end('not found')
})
process.on('SIGTERM', () => server.close(() => process.exit(0)))
server.listen(process.env.PORT || 3000, () => console.log('listening'))
