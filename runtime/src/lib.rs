//! Placeholder front page.

pub mod clock;
pub mod diagnostic;
pub mod secret;
pub mod settings;

pub mod policy;

pub mod case;
pub mod outcome;

pub mod council;

pub mod repository;

pub mod chain;

pub mod catalog;

pub mod sandbox;

pub mod driver;

pub mod app;

pub mod cli;
