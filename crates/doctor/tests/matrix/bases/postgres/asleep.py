"""A database that sleeps: it accepts connections on port 5432 and answers each only after some seconds."""

import asyncio
import sys

SECONDS = float(sys.argv[1])


async def copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def forward(reader, writer):
    await asyncio.sleep(SECONDS)
    inner_reader, inner_writer = await asyncio.open_connection("127.0.0.1", 5433)
    await asyncio.gather(copy(reader, inner_writer), copy(inner_reader, writer), return_exceptions=True)


async def main():
    server = await asyncio.start_server(forward, "0.0.0.0", 5432)
    await server.serve_forever()


asyncio.run(main())
