# seaworthy: allow unpinned-base
FROM python
# seaworthy: allow root-user: it binds raw sockets
USER root
# seaworthy: allow cd-in-run: nothing changes folders
WORKDIR /app
# seaworthy: allow no-such-rule: why
# hadolint ignore=DL3042,DL3013
RUN pip install flask
