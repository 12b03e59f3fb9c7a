//! Bare wasmtime with constant stubs for agents, with bindings of its own.

use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

wasmtime::component::bindgen!({ path: "../wit", world: "agent" });

use self::assize::plugin::{
    artifacts, decisions, http, knowledge, log, messages, process, state, status, tasks, types, work, workflows,
    workspace,
};

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

impl tasks::Host for Stubs {
    fn create(&mut self, _: tasks::Draft) -> Result<u64, types::Refusal> {
        Ok(1)
    }
    fn claim(&mut self, _: u64) -> Result<(), types::Refusal> {
        Ok(())
    }
    fn complete(&mut self, _: u64, _: String) -> Result<(), types::Refusal> {
        Ok(())
    }
    fn fail(&mut self, _: u64, _: String) -> Result<(), types::Refusal> {
        Ok(())
    }
    fn update(&mut self, _: u64, _: tasks::Change) -> Result<(), types::Refusal> {
        Ok(())
    }
    fn assign(&mut self, _: u64, _: String) -> Result<(), types::Refusal> {
        Ok(())
    }
    fn get(&mut self, _: u64) -> Result<tasks::Task, types::Refusal> {
        nothing()
    }
    fn list(&mut self, _: Option<tasks::State>, _: u64) -> Result<Vec<tasks::Task>, types::Refusal> {
        Ok(Vec::new())
    }
}

impl messages::Host for Stubs {
    fn post(&mut self, _: String, _: String, _: Option<u64>) -> Result<u64, types::Refusal> {
        Ok(1)
    }
    fn get(&mut self, _: String, _: u64) -> Result<Vec<messages::Message>, types::Refusal> {
        Ok(Vec::new())
    }
}

impl knowledge::Host for Stubs {
    fn share(&mut self, _: String, _: String) -> Result<u64, types::Refusal> {
        Ok(1)
    }
    fn get(&mut self, _: String) -> Result<Option<knowledge::Item>, types::Refusal> {
        Ok(None)
    }
    fn update(&mut self, _: String, _: String, _: Option<u64>) -> Result<u64, types::Refusal> {
        Ok(1)
    }
}

impl decisions::Host for Stubs {
    fn propose(&mut self, _: decisions::Proposal) -> Result<u64, types::Refusal> {
        Ok(1)
    }
    fn vote(&mut self, _: u64, _: types::Vote, _: String) -> Result<(), types::Refusal> {
        Ok(())
    }
    fn get(&mut self, _: u64) -> Result<decisions::Decision, types::Refusal> {
        nothing()
    }
}

impl workflows::Host for Stubs {
    fn create(&mut self, _: String, _: Vec<u64>) -> Result<u64, types::Refusal> {
        Ok(1)
    }
    fn start(&mut self, _: u64) -> Result<(), types::Refusal> {
        Ok(())
    }
}

impl status::Host for Stubs {
    fn update(&mut self, _: String) -> Result<(), types::Refusal> {
        Ok(())
    }
    fn team(&mut self) -> Result<Vec<status::Member>, types::Refusal> {
        Ok(Vec::new())
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
