FROM python:3.12-slim
WORKDIR /app
COPY main.py ./
USER 10001
CMD ["sh", "-c", "alembic upgrade head && uvicorn main:app --host 0.0.0.0 --port ${PORT:-8000}"]
