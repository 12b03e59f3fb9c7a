//! Lets an agent work with a journal in the store, and goes on where it was interrupted: `agent-runner STATE FOLDER COMPONENT ROLE`.
//! Prints its summary when it is done.
//!
//! A process of its own, so that it can be killed.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use assize::outcome::Outcome;
use assize::sandbox::{Allocation, StoreDesk, Surroundings, Task};
use assize::store::Store;
use assize::workspace::Workspace;
use assize_tests::room;
use assize_tests::workshop::{AGENT, MOMENT, NOW, RUN, grants};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, state, folder, component, role] = arguments.as_slice() else {
        return ExitCode::from(2);
    };
    let sandbox = room::sandbox(Allocation::OnDemand);
    let component = std::fs::read(component).expect("a component");
    let agent = sandbox
        .load_agent(&component)
        .expect("the machine holds")
        .expect("an agent");
    let store = Arc::new(Store::open(Path::new(state)).expect("a store"));
    let grants = grants(role, &agent);
    let desk = StoreDesk::new(Arc::clone(&store), NOW, RUN, AGENT, grants.role());
    let workspace = Workspace::open(Path::new(folder)).expect("a folder");
    let surroundings = Surroundings {
        workspace: Some(&workspace),
        desk: Some(Box::new(desk)),
        journal: Some(store.journal(RUN).expect("a journal")),
        moment: MOMENT,
        ..Surroundings::default()
    };
    let task = Task::new(AGENT, "null").expect("a task");
    let account = sandbox.run(&agent, &task, grants, surroundings);
    let Ok(Outcome::Finished(done)) = account.as_ref().map(|account| &account.outcome) else {
        let mut stderr = std::io::stderr();
        let _ = writeln!(stderr, "{account:?}");
        return ExitCode::from(1);
    };
    let _ = writeln!(std::io::stdout(), "done {}", done.summary);
    ExitCode::SUCCESS
}
