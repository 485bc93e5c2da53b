FROM python
WORKDIR /app
RUN pip install \
    -r requirements.txt
USER 10001
CMD python main.py
