FROM ubuntu:24.04
RUN apt update
RUN apt-get install curl git=1:2.43.0-1 ./local.deb -t stable-backports vim-tiny
USER 10001
