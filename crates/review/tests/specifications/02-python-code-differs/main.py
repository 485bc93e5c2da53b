import os
from fastapi import FastAPI
import uvicorn

DATABASE_URL = os.environ["DATABASE_URL"]
SECRET_KEY = os.environ["SECRET_KEY"]
API_KEY = os.getenv("API_KEY", "development")
LOG_LEVEL = os.getenv("LOG_LEVEL", "warning")
app = FastAPI()

@app.get("/healthz")
def healthz():
    return {"ok": True}

@app.post("/orders")
def create(): ...

if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=int(os.getenv("PORT", "3000")))
