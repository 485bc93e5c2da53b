FROM fedora:42
RUN dnf install -y nginx vim-enhanced-9.1.1 && rm -rf /tmp/x
RUN microdnf install tar && microdnf clean all
USER 10001
