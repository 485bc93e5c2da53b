require 'sinatra'

# ENV['NOT_READ']
SECRET = ENV.fetch('SESSION_SECRET')

get '/health' do
  'ok'
end

get '/' do
  "Hello, #{ENV['GREETING_NAME'] || 'world'}"
end
