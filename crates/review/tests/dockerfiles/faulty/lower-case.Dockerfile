from python:3.12-slim
workdir /app
add main.py /app/
run pip install flask
user root
cmd python main.py
