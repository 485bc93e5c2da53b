//! What runs in the tests' containers: one static program that does what its arguments or a request tell it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::time::Duration;
use std::{env, fs, process, thread};

unsafe extern "C" {
    fn signal(number: i32, handler: usize) -> usize;
    fn syscall(number: i64, ...) -> i64;
}

extern "C" fn exit_orderly(_: i32) {
    process::exit(0);
}

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["serve"] => serve("[::]:8000"),
        ["serve", address] => serve(address),
        ["serve-until", number] => {
            unsafe { signal(number.parse().unwrap(), exit_orderly as *const () as usize) };
            serve("[::]:8000");
        }
        ["serve-on-another-thread"] => {
            thread::spawn(|| serve("[::]:8000"));
            // Ends this thread alone.
            unsafe { syscall(if cfg!(target_arch = "x86_64") { 60 } else { 93 }, 0_i64) };
        }
        ["check"] => process::exit(match ask("127.0.0.1:8000", "/") {
            Ok(answer) if answer.contains("200 OK") => 0,
            _ => 1,
        }),
        [command] => print!("{}", run(command, "")),
        [command, value] => print!("{}", run(command, value)),
        _ => process::exit(64),
    }
}

fn serve(address: &str) {
    let listener = TcpListener::bind(address).unwrap();
    println!("listening");
    for stream in listener.incoming().flatten() {
        thread::spawn(move || answer(stream));
    }
}

fn answer(mut stream: TcpStream) -> Option<()> {
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.trim_start_matches('/');
    let (command, value) = path.split_once('?').unwrap_or((path, ""));
    let body = run(command, value);
    write!(stream, "HTTP/1.0 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()).ok()
}

fn run(command: &str, value: &str) -> String {
    match command {
        "exit" => process::exit(value.parse().unwrap()),
        "abort" => process::abort(),
        "sleep" => {
            thread::sleep(Duration::from_secs(value.parse().unwrap()));
            String::new()
        }
        "status" => fs::read_to_string("/proc/self/status").unwrap(),
        "env" => env::var(value).unwrap_or_else(|_| "(unset)".to_owned()),
        "cwd" => env::current_dir().unwrap().display().to_string(),
        "args" => env::args().collect::<Vec<_>>().join(" "),
        "read" => fs::read_to_string(value).unwrap_or_else(|error| error.kind().to_string()),
        "write" => fs::write(value, "written").map_or_else(|error| error.kind().to_string(), |()| "written".to_owned()),
        "list" => {
            let names = fs::read_dir(value).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            let mut names: Vec<_> = names.collect();
            names.sort();
            names.join(" ")
        }
        "execute" => match process::Command::new(value).arg("exit").arg("0").spawn() {
            Ok(mut child) => child.wait().unwrap().to_string(),
            Err(error) => error.kind().to_string(),
        },
        "copy" => {
            let (from, to) = value.split_once(':').unwrap();
            fs::copy(from, to).map_or_else(|error| error.kind().to_string(), |_| "copied".to_owned())
        }
        "owner" => {
            use std::os::unix::fs::MetadataExt;
            let found = fs::symlink_metadata(value).unwrap();
            format!("{}:{} {:o}", found.uid(), found.gid(), found.mode() & 0o7777)
        }
        // The number of the error that a system call without arguments ends with; of `personality`, one that turns randomness off.
        "call" => {
            let number: i64 = value.parse().unwrap();
            let first: i64 = if number == 135 { 0x4_0000 } else { 0 };
            let result = unsafe { syscall(number, first, 0_i64, 0_i64, 0_i64, 0_i64, 0_i64) };
            let error = std::io::Error::last_os_error().raw_os_error().unwrap();
            if result < 0 { error.to_string() } else { "0".to_owned() }
        }
        // How many processes could be made, and the number of the error that the next one ended with.
        "spawn" => {
            let most: usize = value.parse().unwrap();
            for made in 0..most {
                if let Err(error) = process::Command::new("/proc/self/exe").args(["sleep", "60"]).spawn() {
                    return format!("{made} {}", error.raw_os_error().unwrap());
                }
            }
            format!("{most} 0")
        }
        // `PATH:MEBIBYTES`; with `-` before the path, into a file without a name.
        "fill" => {
            let (path, count) = value.rsplit_once(':').unwrap();
            let block = vec![1; 1 << 20];
            let fill = || {
                let (path, is_hidden) = path.strip_prefix('-').map_or((path, false), |path| (path, true));
                let mut file = fs::File::options().append(true).create(true).open(path)?;
                if is_hidden {
                    fs::remove_file(path)?;
                }
                (0..count.parse().unwrap()).try_for_each(|_| file.write_all(&block))?;
                if is_hidden {
                    thread::sleep(Duration::from_secs(5));
                }
                Ok::<_, std::io::Error>(())
            };
            fill().map_or_else(|error| error.kind().to_string(), |()| "written".to_owned())
        }
        // Ends well the first time.
        "once" => process::exit(i32::from(fs::File::create_new(value).is_err())),
        "connect" => match TcpStream::connect(value) {
            Ok(mut stream) => {
                let mut text = String::new();
                let _ = stream.read_to_string(&mut text);
                format!("connected {text}")
            }
            Err(error) => error.to_string(),
        },
        "datagram" => {
            let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
            socket.send_to(b"hello", value).map_or_else(|error| error.to_string(), |_| "sent".to_owned())
        }
        "allocate" => {
            let size: usize = value.parse().unwrap();
            let mut bytes = vec![0_u8; size << 20];
            for at in (0..bytes.len()).step_by(4096) {
                bytes[at] = 1;
            }
            format!("{}", bytes.iter().filter(|&&byte| byte == 1).count())
        }
        "append" => {
            let open = || fs::File::options().write(true).open(value).and_then(|mut file| file.write_all(b"written"));
            open().map_or_else(|error| error.kind().to_string(), |()| "written".to_owned())
        }
        // The status that a server answers with.
        "get" => ask(value, "/").map_or_else(
            |error| error.to_string(),
            |answer| answer.split(' ').nth(1).unwrap_or_default().to_owned(),
        ),
        "lines" => {
            let mut out = std::io::BufWriter::new(std::io::stdout().lock());
            for _ in 0..value.parse::<usize>().unwrap() {
                out.write_all(b"xyz\n").unwrap();
            }
            String::new()
        }
        "flood" => {
            let line = "x".repeat(1023) + "\n";
            for _ in 0..value.parse::<usize>().unwrap() {
                print!("{line}");
            }
            println!("the end");
            String::new()
        }
        "speak" => {
            println!("to standard output");
            eprintln!("to standard error");
            String::new()
        }
        // A health check that says something.
        "fail" => {
            print!("{value}");
            std::io::stdout().flush().unwrap();
            process::exit(1);
        }
        // Ends, and nobody waits for it.
        "zombie" => {
            let _ = process::Command::new("/proc/self/exe").args(["exit", "0"]).spawn().unwrap();
            String::new()
        }
        "child" => {
            let _ = process::Command::new("/proc/self/exe").args(["sleep", "60"]).spawn().unwrap();
            String::new()
        }
        _ => "ready".to_owned(),
    }
}

fn ask(address: &str, path: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
