FROM rust:1.91-alpine AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY src ./src
RUN cargo build --release --locked

FROM alpine:3.22
COPY --from=build /src/target/release/app /usr/local/bin/app
USER 10001
CMD ["app"]
