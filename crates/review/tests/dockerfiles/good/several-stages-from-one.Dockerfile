FROM python:3.12-slim AS base
WORKDIR /app
USER 10001

FROM base AS test
COPY tests ./tests
CMD ["python", "-m", "unittest"]

FROM base
COPY main.py ./
CMD ["python", "main.py"]
