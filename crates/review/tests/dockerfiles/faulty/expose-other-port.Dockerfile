FROM python:3.12-slim
WORKDIR /app
COPY main.py ./
USER 10001
EXPOSE 80
HEALTHCHECK NONE
CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]
