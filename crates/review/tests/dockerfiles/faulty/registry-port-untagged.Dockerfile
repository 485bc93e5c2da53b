FROM localhost:5000/acme/base
USER 10001
