module Blog
  class Application
    config.secret_key_base = ENV.fetch("SECRET_KEY_BASE")
    config.database_url = ENV["DATABASE_URL"]
  end
end
