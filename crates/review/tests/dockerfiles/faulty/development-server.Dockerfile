FROM python:3.12-slim
WORKDIR /app
COPY requirements-dev.txt ./
RUN pip install --no-cache-dir -r requirements-dev.txt
COPY app.py ./
USER 10001
ENV FLASK_APP=app
EXPOSE 5000
HEALTHCHECK NONE
CMD ["flask", "run", "--debug"]
