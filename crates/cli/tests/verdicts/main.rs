//! Images held to specifications by the program as users call it, on both engines.

mod held;
mod notes;
mod task_api;
