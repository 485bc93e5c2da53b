//! The service as its clients and its operators see it: the real program, over real sockets, on real databases.

mod contract;
mod docs;
mod http;
mod keys;
mod life;
mod limits;
mod login;
mod middle;
mod migrations;
mod observed;
mod pooler;
mod program;
mod rates;
mod tasks;
