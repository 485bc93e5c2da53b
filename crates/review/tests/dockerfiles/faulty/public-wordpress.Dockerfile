FROM wordpress
RUN apt-get update; \
    apt-get install -y vim sudo less; \
    apt-get clean
ENV WORDPRESS_DB_PASSWORD wp-8h2k1x
COPY wp-content /var/www/html/wp-content
HEALTHCHECK CMD curl http://localhost/ || exit 0
