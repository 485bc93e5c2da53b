FROM mcr.microsoft.com/vscode/devcontainers/base:focal
ARG USERNAME=vscode
RUN apt-get update && export DEBIAN_FRONTEND=noninteractive \
    && apt-get -y install --no-install-recommends shellcheck jq
RUN su ${USERNAME} -c "curl -s https://get.example.io | bash"
