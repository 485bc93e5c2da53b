//! The service as its clients and its operators see it: the real program, over real sockets, on real databases.

mod batches;
mod cluster;
mod conditions;
mod contract;
mod docs;
mod ends;
mod faults;
mod feed;
mod http;
mod keys;
mod life;
mod limits;
mod lists;
mod load;
mod login;
mod middle;
mod migrations;
mod observed;
mod once;
mod owners;
mod pooler;
mod program;
mod rates;
mod rotation;
mod tasks;
mod way;
