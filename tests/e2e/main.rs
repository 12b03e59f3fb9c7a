//! Assize as a whole, through its library and its binary.

mod ci_files;
mod cli;
mod commands;
mod conformance;
mod determinism;
mod durability;
mod egress;
mod fix_loop;
mod fuzz;
mod hostile_agents;
mod hostile_judges;
mod hostile_kit;
mod hostile_repository;
mod judge_cases;
mod landing;
mod languages;
mod policy_schema;
mod readme;
mod reports;
mod secrets;
mod shipped_agents;
mod stock_tools;
mod store;
mod tampering;
mod tidy;
