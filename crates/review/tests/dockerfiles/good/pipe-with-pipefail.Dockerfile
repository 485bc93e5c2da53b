FROM debian:12
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
RUN printf 'a\nb\n' | sort > /etc/sorted
USER 10001
CMD ["cat", "/etc/sorted"]
