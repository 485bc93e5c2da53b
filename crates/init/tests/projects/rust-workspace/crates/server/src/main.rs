use actix_web::{get, App, HttpServer};

#[get("/healthz")]
async fn healthz() -> &'static str {
    "ok"
}

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    println!("starting");
    HttpServer::new(|| App::new().service(healthz)).bind("0.0.0.0:8081")?.run().await
}
