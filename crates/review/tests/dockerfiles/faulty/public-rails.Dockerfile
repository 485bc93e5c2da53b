FROM ruby:2.7
RUN curl -sS https://dl.example.com/debian/pubkey.gpg | apt-key add -
RUN apt-get update -qq && apt-get install -y nodejs postgresql-client
RUN mkdir /myapp
WORKDIR /myapp
ADD Gemfile /myapp/Gemfile
ADD Gemfile.lock /myapp/Gemfile.lock
RUN gem install bundler
RUN bundle install
ADD . /myapp
EXPOSE 3000
CMD bundle exec rails s -p 3000 -b 0.0.0.0
