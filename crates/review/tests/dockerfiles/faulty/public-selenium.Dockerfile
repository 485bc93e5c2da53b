FROM python:3.8
RUN wget -q -O - https://dl.example.com/linux_signing_key.pub | apt-key add -
RUN sh -c 'echo "deb http://dl.example.com/linux/chrome/deb/ stable main" >> /etc/apt/sources.list.d/chrome.list'
RUN apt-get -y update
RUN apt-get install -y google-chrome-stable
RUN apt-get install -yqq unzip
RUN wget -O /tmp/chromedriver.zip http://chromedriver.example.com/2.41/chromedriver_linux64.zip
RUN unzip /tmp/chromedriver.zip chromedriver -d /usr/local/bin/
ENV DISPLAY=:99
COPY . /app
WORKDIR /app
RUN pip install --upgrade pip
RUN pip install -r requirements.txt
CMD ["python", "./app.py"]
