FROM rockylinux:8
RUN yum install httpd && yum install -y mod_ssl-2.4.37
USER 10001
