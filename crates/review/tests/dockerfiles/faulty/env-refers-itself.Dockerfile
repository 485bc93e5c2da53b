ARG A=1
FROM alpine:3.21
ENV B=2 C=$B/x D="${A}"
ENV E=$C F=${E}x
ENV PATH=/opt/bin:$PATH
USER 10001
