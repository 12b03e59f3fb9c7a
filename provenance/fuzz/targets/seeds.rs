//! Writes the good inputs of every promise below a folder, or with `--list` the names of the promises.

use std::fs;
use std::path::PathBuf;

use assize_provenance::testing::promises::PROMISES;

fn main() {
    let to = std::env::args().nth(1).expect("a folder, or --list");
    for promise in PROMISES {
        if to == "--list" {
            println!("{}", promise.name);
            continue;
        }
        let folder = PathBuf::from(&to).join(promise.name);
        fs::create_dir_all(&folder).expect("the folder is made");
        for (number, seed) in (promise.seeds)().iter().enumerate() {
            fs::write(folder.join(format!("seed-{number}")), seed).expect("a seed is written");
        }
    }
}
