from fastapi import FastAPI

from orders.routes import orders
from orders.settings import settings

app = FastAPI(title="Orders")
app.include_router(orders.router, prefix="/api/v1")


@app.get("/health/live")
async def live():
    return {"status": "ok"}


@app.get("/health")
async def health():
    return {"status": "ok", "level": settings.log_level}
