FROM python:3.12-slim
WORKDIR /app
COPY main.py ./
USER 10001
CMD ["uvicorn", "main:app", "--port", "8000"]
