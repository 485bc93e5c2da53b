FROM golang:1.25
WORKDIR /src
COPY go.mod main.go ./
RUN go build -o /srv/app .
USER 10001
CMD ["/srv/app"]
