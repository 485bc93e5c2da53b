FROM fedora:42
RUN dnf install -y nginx-1.26.3 && dnf clean all
USER 998
CMD ["nginx", "-g", "daemon off;"]
