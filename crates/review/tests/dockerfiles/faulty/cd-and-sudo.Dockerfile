FROM debian:12
RUN cd /srv && sudo make install
USER 10001
