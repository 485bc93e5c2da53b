FROM python:3.12-slim
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
COPY tasks.py ./
USER 10001
CMD ["celery", "-A", "tasks", "worker"]
