FROM alpine:3.21
COPY site.tar.gz tool.zip /tmp/
RUN tar -xzf /tmp/site.tar.gz -C /srv && unzip /tmp/tool.zip -d /opt
USER 10001
