FROM opensuse/leap:15.6
RUN zypper install wget
RUN zypper --non-interactive in nginx=1.21 && zypper clean
RUN zypper dist-upgrade -y
USER 10001
