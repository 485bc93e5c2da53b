//! Images held to specifications by the program as users call it. How a row is written: `row.rs`.

mod binaries;
mod build;
mod compiled;
mod config;
mod crud;
mod database;
mod dependencies;
mod engines;
mod health;
mod held;
mod logs;
mod members;
mod network;
mod notes;
#[cfg(test)]
mod options;
mod row;
mod secrets;
mod service;
mod start;
mod statics;
mod steps;
mod task_api;
mod users;
mod vouched;
mod workload;
