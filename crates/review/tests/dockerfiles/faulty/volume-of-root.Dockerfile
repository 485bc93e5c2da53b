FROM python:3.12-slim
WORKDIR /app
COPY main.py ./
VOLUME ["/data"]
USER 10001:10001
CMD ["python", "main.py"]
