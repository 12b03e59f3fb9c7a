//! A sandboxed judge call against bare wasmtime on the same component with constant stubs.
//!
//! Bare means: the engine's own defaults with the same pool, no fuel, no epochs, no limits, and host functions that give
//! the same answer at once each time, as fast as they can. Both make a fresh store and a fresh instance a call.

use std::sync::Arc;

use assize::council::Brief;
use assize::driver::hearing::{self, Component as Bytes, Sitting};
use assize::sandbox::Allocation;
use assize_benches::compare;
use assize_tests::bed::Bed;
use assize_tests::{guests, room};
use bare::BareEngine;

/// Bindings of their own, so that nothing of the sandbox is measured twice.
mod bare {
    #![expect(missing_docs, reason = "generated from wit/")]

    use wasmtime::component::{Component, HasSelf, Linker};
    use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

    wasmtime::component::bindgen!({ path: "../wit", world: "judge" });

    use assize::plugin::{evidence, log, types};

    #[derive(Clone)]
    pub struct Stubs(pub evidence::ChangePage);

    impl types::Host for Stubs {}

    impl log::Host for Stubs {
        fn write(&mut self, _: log::Level, _: String) {}
    }

    fn nothing<T>() -> Result<T, types::Refusal> {
        Err(types::Refusal::NotFound(String::new()))
    }

    impl evidence::Host for Stubs {
        fn changes(&mut self, _: u32) -> Result<evidence::ChangePage, types::Refusal> {
            Ok(self.0.clone())
        }
        fn hunks(&mut self, _: String, _: u32) -> Result<evidence::HunkPage, types::Refusal> {
            Ok(evidence::HunkPage {
                hunks: Vec::new(),
                next: None,
            })
        }
        fn read(&mut self, _: types::Side, _: String, _: u64, _: u32) -> Result<Vec<u8>, types::Refusal> {
            nothing()
        }
        fn list(&mut self, _: types::Side, _: String, _: u32) -> Result<evidence::EntryPage, types::Refusal> {
            nothing()
        }
        fn search(&mut self, _: types::Side, _: Vec<String>, _: u32) -> Result<Vec<evidence::Match>, types::Refusal> {
            nothing()
        }
        fn document(&mut self, _: String, _: u64, _: u32) -> Result<Vec<u8>, types::Refusal> {
            nothing()
        }
    }

    pub struct BareEngine {
        engine: Engine,
        pre: JudgePre<Stubs>,
        stubs: Stubs,
        case: types::Case,
    }

    impl BareEngine {
        pub fn new(component: &[u8], files: u32) -> Self {
            let mut config = Config::new();
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(PoolingAllocationConfig::new()));
            let engine = Engine::new(&config).expect("the engine starts");
            let component = Component::from_binary(&engine, component).expect("it compiles");
            let mut linker = Linker::new(&engine);
            Judge::add_to_linker::<_, HasSelf<Stubs>>(&mut linker, |stubs| stubs).expect("it links");
            let pre = JudgePre::new(linker.instantiate_pre(&component).expect("it fits")).expect("it fits");
            Self {
                engine,
                pre,
                stubs: Stubs(page(files)),
                case: case(),
            }
        }

        pub fn call(&self) {
            let mut store = Store::new(&self.engine, self.stubs.clone());
            let judge = self.pre.instantiate(&mut store).expect("it starts");
            judge
                .call_judge(&mut store, &self.case)
                .expect("it ends")
                .expect("an opinion");
        }
    }

    fn case() -> types::Case {
        types::Case {
            council: "default".into(),
            judge: "guest".into(),
            messages: vec!["Go on\n".into()],
            spec: None,
            budget: types::Budget {
                tier: 2,
                files_max: 100,
                lines_max: 10_000,
            },
            settings: Vec::new(),
            documents: Vec::new(),
        }
    }

    /// The page that the sandbox serves for the room's case.
    fn page(files: u32) -> evidence::ChangePage {
        let change = |number: u32| evidence::Change {
            path: format!("src/file{number}.rs"),
            old_path: None,
            status: evidence::Status::Added,
            base: None,
            head: Some(evidence::Blob {
                kind: evidence::Kind::File,
                bytes: 700,
            }),
            form: evidence::Form::Text,
            added_lines: 50,
            removed_lines: 0,
        };
        evidence::ChangePage {
            changes: (0..files).map(change).collect(),
            next: None,
        }
    }
}

fn main() {
    let bed = Bed::new("/nowhere");
    let (case, evidence) = room::case(&bed);
    let files = u32::try_from(case.changes.len()).expect("few files");
    let sandbox = room::sandbox(Allocation::Pooling);
    let policy = room::policy(&["guest"], 1, "unanimous");
    let appointment = policy.judge("guest").expect("the judge is appointed");
    let judges: [(&str, Vec<u8>); 3] = [
        ("a guest that answers at once", guests::judge("(i32.const 2048)")),
        (
            "a guest that asks for the changes once",
            guests::judge("(call $changes (i32.const 0) (i32.const 4096)) (i32.const 2048)"),
        ),
        (
            "a guest that computes for 10 million instructions",
            guests::judge_with(
                "",
                "(local $n i32) (local.set $n (i32.const 2000000))
                 (loop $on (br_if $on (local.tee $n (i32.sub (local.get $n) (i32.const 1))))) (i32.const 2048)",
            ),
        ),
    ];
    for (name, component) in judges {
        let loaded = hearing::load_all(&sandbox, &[Bytes::Ok(component.clone())]);
        let brief = Brief::of(&policy, "default", appointment, &case);
        let sitting = Sitting::prepare(&policy, appointment, brief, &loaded[0]);
        let (judge, grants) = sitting.judge.as_ref().expect("the judge sits");
        let bare = BareEngine::new(&component, files);
        let calls = if name.contains("million") { 50 } else { 2_000 };
        compare(
            name,
            11,
            calls,
            || drop(sandbox.hear(judge, &sitting.brief, Arc::clone(&evidence), grants.clone())),
            || bare.call(),
        );
    }
}
