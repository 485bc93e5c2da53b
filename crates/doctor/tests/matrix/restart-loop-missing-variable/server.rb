require "webrick"
$stdout.sync = true
QUEUE = ENV.fetch("QUEUE_URL")
server = WEBrick::HTTPServer.new(Port: 9292, BindAddress: "0.0.0.0", AccessLog: [])
server.mount_proc("/") { |_, response| response.body = "ok\n" }
trap("TERM") { server.shutdown }
server.start
