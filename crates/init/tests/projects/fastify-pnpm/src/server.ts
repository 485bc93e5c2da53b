import Fastify from 'fastify'
import Redis from 'ioredis'

const { PORT = '8080', REDIS_URL, API_TOKEN } = process.env
const redis = new Redis(REDIS_URL ?? 'redis://localhost:6379')
const fastify = Fastify({ logger: true })

fastify.get('/health', async () => ({ status: 'ok' }))
fastify.get('/prices/:id', async (request) => redis.get(String((request.params as { id: string }).id)))
await fastify.listen({ port: Number(PORT), host: '0.0.0.0' })
