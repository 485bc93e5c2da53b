ARG VERSION=3.12
FROM python:${VERSION}-slim
ARG REVISION
LABEL org.opencontainers.image.revision=$REVISION
WORKDIR /app
COPY main.py ./
USER 10001:10001
CMD ["python", "main.py"]
