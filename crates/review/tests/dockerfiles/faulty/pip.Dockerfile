FROM python:3.12-slim
RUN pip install flask "gunicorn>=22" git+https://github.com/acme/lib
RUN python3 -m pip install --upgrade pip
RUN pip3 install --no-cache-dir -i https://example.com/simple requests
USER 10001
