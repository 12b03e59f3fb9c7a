//! Bare wasmtime with constant stubs for agents, with bindings of its own.

use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

wasmtime::component::bindgen!({ path: "../wit", world: "agent" });

use self::assize::plugin::{artifacts, http, log, process, state, types, work, workspace};

#[derive(Clone)]
pub(crate) struct Stubs {
    contents: Vec<u8>,
}

impl types::Host for Stubs {}

impl work::Host for Stubs {}

impl log::Host for Stubs {
    fn write(&mut self, _: log::Level, _: String) {}
}

fn nothing<T>() -> Result<T, types::Refusal> {
    Err(types::Refusal::NotFound(String::new()))
}

impl workspace::Host for Stubs {
    fn list(&mut self, _: String, _: Option<String>) -> Result<workspace::EntryPage, types::Refusal> {
        nothing()
    }
    fn read(&mut self, _: String, offset: u64, _: u32) -> Result<Vec<u8>, types::Refusal> {
        Ok(if offset == 0 { self.contents.clone() } else { Vec::new() })
    }
    fn write(&mut self, _: String, _: Vec<u8>, _: workspace::Existing) -> Result<(), types::Refusal> {
        Ok(())
    }
    fn remove(&mut self, _: String) -> Result<(), types::Refusal> {
        Ok(())
    }
    fn rename(&mut self, _: String, _: String) -> Result<(), types::Refusal> {
        Ok(())
    }
    fn search(&mut self, _: String, _: Vec<String>, _: u32) -> Result<Vec<workspace::Match>, types::Refusal> {
        nothing()
    }
    fn diff(&mut self, _: Option<String>) -> Result<workspace::ChangePage, types::Refusal> {
        nothing()
    }
}

impl state::Host for Stubs {
    fn get(&mut self, _: String) -> Result<Option<state::Item>, types::Refusal> {
        Ok(None)
    }
    fn set(&mut self, _: String, _: Option<Vec<u8>>, _: Option<u64>) -> Result<u64, types::Refusal> {
        Ok(1)
    }
    fn list(&mut self, _: String, _: Option<String>) -> Result<state::KeyPage, types::Refusal> {
        nothing()
    }
}

impl artifacts::Host for Stubs {
    fn store(&mut self, _: String, _: String, _: Vec<u8>) -> Result<artifacts::Artifact, types::Refusal> {
        nothing()
    }
    fn get(&mut self, _: String, _: u64, _: u32) -> Result<Vec<u8>, types::Refusal> {
        nothing()
    }
}

impl http::Host for Stubs {
    fn send(&mut self, _: http::Request) -> Result<http::Response, types::Refusal> {
        nothing()
    }
}

impl process::Host for Stubs {
    fn run(&mut self, _: process::Command) -> Result<process::Ended, types::Refusal> {
        nothing()
    }
}

pub(crate) struct BareAgents {
    engine: Engine,
    pre: AgentPre<Stubs>,
    stubs: Stubs,
    task: work::Task,
}

impl BareAgents {
    pub(crate) fn new(component: &[u8], contents: &[u8]) -> Self {
        let mut config = Config::new();
        config.allocation_strategy(InstanceAllocationStrategy::Pooling(PoolingAllocationConfig::new()));
        let engine = Engine::new(&config).expect("the engine starts");
        let component = Component::from_binary(&engine, component).expect("it compiles");
        let mut linker = Linker::new(&engine);
        Agent::add_to_linker::<_, HasSelf<Stubs>>(&mut linker, |stubs| stubs).expect("it links");
        let pre = AgentPre::new(linker.instantiate_pre(&component).expect("it fits")).expect("it fits");
        Self {
            engine,
            pre,
            stubs: Stubs {
                contents: contents.to_vec(),
            },
            task: work::Task {
                agent: "bench".into(),
                input: "null".into(),
            },
        }
    }

    pub(crate) fn call(&self) {
        let mut store = Store::new(&self.engine, self.stubs.clone());
        let agent = self.pre.instantiate(&mut store).expect("it starts");
        agent
            .call_run(&mut store, &self.task)
            .expect("it ends")
            .expect("an outcome");
    }
}
