FROM ubuntu:16.04
RUN apt-get update
RUN apt-get install -y openssh-server sudo wget curl
RUN mkdir /var/run/sshd
RUN echo 'root:screencast' | chpasswd
RUN sed -i 's/PermitRootLogin prohibit-password/PermitRootLogin yes/' /etc/ssh/sshd_config
RUN wget https://example.com/agent.jar && curl -O https://example.com/agent.sig
EXPOSE 22
CMD ["/usr/sbin/sshd", "-D"]
