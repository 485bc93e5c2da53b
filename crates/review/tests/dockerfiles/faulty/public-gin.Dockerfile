FROM golang:latest

ENV GOPROXY https://goproxy.example,direct
WORKDIR $GOPATH/src/example.com/acme/shop
COPY . $GOPATH/src/example.com/acme/shop
RUN go build .

EXPOSE 8000
ENTRYPOINT ["./shop"]
