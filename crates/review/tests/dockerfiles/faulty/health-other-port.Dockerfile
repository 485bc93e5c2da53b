FROM alpine:3.21
COPY app /app
USER 10001
EXPOSE 8000
HEALTHCHECK CMD ["wget", "-q", "-O", "/dev/null", "http://localhost:8080/health"]
CMD ["/app"]
