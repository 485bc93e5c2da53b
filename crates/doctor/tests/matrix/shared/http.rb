require "webrick"
$stdout.sync = true
KEY = ENV.fetch("SECRET_KEY_BASE")
server = WEBrick::HTTPServer.new(Port: 9292, BindAddress: "0.0.0.0", AccessLog: [])
server.mount_proc("/") { |_, response| response.body = "ok\n" }
trap("TERM") { server.shutdown }
server.start
