//! Bare wasmtime with constant stubs, with bindings of its own, so that nothing of the sandbox is measured twice.

use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

wasmtime::component::bindgen!({ path: "../wit", world: "judge" });

use self::assize::plugin::{evidence, log, types};

#[derive(Clone)]
pub(crate) struct Stubs {
    changes: evidence::ChangePage,
    hunks: evidence::HunkPage,
    contents: Vec<u8>,
}

impl types::Host for Stubs {}

impl log::Host for Stubs {
    fn write(&mut self, _: log::Level, _: String) {}
}

fn nothing<T>() -> Result<T, types::Refusal> {
    Err(types::Refusal::NotFound(String::new()))
}

impl evidence::Host for Stubs {
    fn changes(&mut self, _: u32) -> Result<evidence::ChangePage, types::Refusal> {
        Ok(self.changes.clone())
    }
    fn hunks(&mut self, _: String, _: u32) -> Result<evidence::HunkPage, types::Refusal> {
        Ok(self.hunks.clone())
    }
    fn read(&mut self, _: types::Side, _: String, offset: u64, _: u32) -> Result<Vec<u8>, types::Refusal> {
        Ok(if offset == 0 { self.contents.clone() } else { Vec::new() })
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

pub(crate) struct BareEngine {
    engine: Engine,
    pre: JudgePre<Stubs>,
    stubs: Stubs,
    case: types::Case,
}

impl BareEngine {
    pub(crate) fn new(component: &[u8], files: u32, lines: &[String]) -> Self {
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
            stubs: stubs(files, lines),
            case: case(),
        }
    }

    pub(crate) fn call(&self) {
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
        spec_problems: Vec::new(),
        waivers: Vec::new(),
        budget: types::Budget {
            tier: 2,
            files_max: 100,
            lines_max: 10_000,
        },
        settings: Vec::new(),
        documents: Vec::new(),
    }
}

/// What the sandbox serves for the room's case: every file added, with the same lines.
fn stubs(files: u32, lines: &[String]) -> Stubs {
    let contents: Vec<u8> = lines.iter().flat_map(|line| format!("{line}\n").into_bytes()).collect();
    let change = |number: u32| evidence::Change {
        path: format!("src/file{number}.rs"),
        old_path: None,
        status: evidence::Status::Added,
        base: None,
        head: Some(evidence::Blob {
            kind: evidence::Kind::File,
            bytes: contents.len() as u64,
        }),
        form: evidence::Form::Text,
        added_lines: u32::try_from(lines.len()).expect("few lines"),
        removed_lines: 0,
    };
    let hunk = evidence::Hunk {
        base_start: 1,
        removed: Vec::new(),
        head_start: 1,
        added: lines.to_vec(),
    };
    Stubs {
        changes: evidence::ChangePage {
            changes: (0..files).map(change).collect(),
            next: None,
        },
        hunks: evidence::HunkPage {
            hunks: vec![hunk],
            next: None,
        },
        contents,
    }
}
