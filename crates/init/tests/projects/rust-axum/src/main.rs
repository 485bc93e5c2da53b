use axum::routing::get;
use axum::Router;

#[tokio::main]
async fn main() {
    tracing_subscriber::fmt().init();
    let url = std::env::var("DATABASE_URL").expect("DATABASE_URL is set");
    let port = std::env::var("PORT").unwrap_or_else(|_| "3000".to_owned());
    let pool = sqlx::PgPool::connect(&url).await.unwrap();
    let app = Router::new().route("/health", get(|| async { "ok" })).with_state(pool);
    let listener = tokio::net::TcpListener::bind(format!("0.0.0.0:{port}")).await.unwrap();
    axum::serve(listener, app).await.unwrap();
}
