FROM alpine:3.21
USER 10001
ENTRYPOINT ["/a"]
CMD ["b"]
CMD ["c"]
ENTRYPOINT ["/d"]
