FROM debian:12
RUN wget https://example.com/a.tar.gz
RUN curl -fsSL http://example.com/install.sh -o /tmp/install.sh && sh /tmp/install.sh
RUN wget -q --no-check-certificate https://example.com/b
USER 10001
