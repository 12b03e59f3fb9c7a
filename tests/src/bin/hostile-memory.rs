//! Hears every hostile judge and prints by how many bytes the process's peak memory grew, one line a judge.
//!
//! A process of its own: the peak is the kernel's count for the whole process, and nothing else may add to it.

use assize::sandbox::Allocation;
use assize_tests::bed::Bed;
use assize_tests::hostile::{self, Hostile};
use assize_tests::room;

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn main() {
    let bed = Bed::new("/nowhere");
    let (case, evidence) = room::case(&bed);
    let policy = room::policy(&["guest"], 1, "unanimous");
    let sandbox = room::sandbox(Allocation::Pooling);
    let judges = hostile::judges();
    // Compiling is not hearing: everything is loaded before the first look at the peak.
    let components: Vec<&[u8]> = judges.iter().map(|hostile| hostile.component.as_slice()).collect();
    let loaded = room::load(&sandbox, &components);
    for (Hostile { name, .. }, loaded) in judges.iter().zip(&loaded) {
        reset_peak();
        let before = status_bytes("VmRSS:");
        let heard = room::hear_loaded(&sandbox, &policy, std::slice::from_ref(loaded), &case, &evidence);
        drop(heard);
        println!("{}\t{name}", status_bytes("VmHWM:").saturating_sub(before));
    }
}

/// Makes the kernel count the peak from now on (proc(5), `clear_refs`).
fn reset_peak() {
    std::fs::write("/proc/self/clear_refs", "5").expect("the peak can be reset");
}

/// A field of `/proc/self/status` in bytes.
fn status_bytes(field: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the kernel tells");
    let line = status
        .lines()
        .find(|line| line.starts_with(field))
        .expect("the field is there");
    let kib: u64 = line
        .split_whitespace()
        .nth(1)
        .expect("a number")
        .parse()
        .expect("a number");
    kib * 1024
}
