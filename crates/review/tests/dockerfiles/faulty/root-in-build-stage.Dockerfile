FROM debian:12 AS build
USER root
RUN make
FROM scratch
COPY --from=build /out /out
USER 10001
CMD ["/out"]
