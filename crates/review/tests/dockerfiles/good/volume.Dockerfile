FROM python:3.12-slim
RUN mkdir -p /data && chown 10001:10001 /data
WORKDIR /app
COPY main.py ./
VOLUME ["/data"]
USER 10001:10001
CMD ["python", "main.py"]
