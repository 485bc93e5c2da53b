FROM alpine:3.8
ENV ANSIBLE_VERSION 2.5.0
RUN set -x && \
    apk --update add --virtual build-dependencies gcc musl-dev libffi-dev openssl-dev python3-dev && \
    apk --update add bash curl python3 openssh-client && \
    pip3 install ansible==${ANSIBLE_VERSION} && \
    apk del build-dependencies && \
    rm -rf /var/cache/apk/*
ENTRYPOINT ["ansible-playbook"]
