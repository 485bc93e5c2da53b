use std::io::{Read, Write};
use std::net::TcpListener;

extern "C" fn stop(_: i32) {
    std::process::exit(0);
}

extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
}

fn main() {
    let token = std::env::var("HARBOUR_TOKEN").expect("HARBOUR_TOKEN");
    unsafe { signal(15, stop) };
    let listener = TcpListener::bind(("0.0.0.0", 8080)).expect("port 8080");
    println!("listening on 8080, with a token of {} characters", token.len());
    for stream in listener.incoming() {
        let mut stream = stream.expect("a connection");
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n");
    }
}
