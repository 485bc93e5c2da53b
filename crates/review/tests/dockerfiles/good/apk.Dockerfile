FROM alpine:3.21
RUN apk add --no-cache tini=0.19.0-r3 curl~8
COPY app /app
USER 10001
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=3s CMD ["curl", "-f", "http://127.0.0.1:8080/health"]
ENTRYPOINT ["tini", "--"]
CMD ["/app"]
