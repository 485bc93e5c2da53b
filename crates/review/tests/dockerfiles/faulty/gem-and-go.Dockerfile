FROM ruby:3.3-slim AS gems
RUN gem install bundler rails:8.0.1 && gem install puma -v 6.5.0
FROM golang:1.25 AS tools
RUN go install golang.org/x/tools/cmd/stringer@latest && go install example.com/a@v1.2.3
RUN go run example.com/gen --flag
FROM scratch
USER 10001
