FROM debian:12
RUN curl -fsSL https://example.com/install.tgz | tar xz
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN echo a | cat
FROM debian:12
RUN X=$(echo a | cut -c1) && echo "$X"
SHELL ["/bin/bash", "-c"]
RUN echo a | cat
USER 10001
