FROM gcr.io/distroless/static-debian12:nonroot
COPY app /app
EXPOSE 8080
HEALTHCHECK CMD curl -f http://localhost:8080/health || exit 1
CMD ["/app"]
