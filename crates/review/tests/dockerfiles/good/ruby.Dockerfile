FROM ruby:3.3-slim
ENV BUNDLE_WITHOUT=development:test BUNDLE_DEPLOYMENT=1
WORKDIR /app
COPY Gemfile Gemfile.lock ./
RUN bundle install
COPY . .
USER 10001
CMD ["bundle", "exec", "puma", "-b", "tcp://0.0.0.0:3000"]
