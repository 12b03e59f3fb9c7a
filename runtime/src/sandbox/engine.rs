//! The one engine for judges: deterministic, metered, with everything switched off that a judge does not need.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use wasmtime::{Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use super::limits::{
    MEMORIES_MAX, MEMORY_BYTES_CEILING, STACK_BYTES, STORE_INSTANCES_MAX, TABLE_ELEMENTS_MAX, TABLES_MAX,
};
use super::ticker::{Ticker, UnderWay};

/// The name of this engine's settings, as every opinion records it. Portable: the same profile gives the same opinions on
/// every machine. Any change of a setting that a guest could notice is a new name.
pub const PROFILE: &str = "assize-judge-v1/wasmtime-48";

/// How often the epoch advances while a call is under way, in milliseconds; wall time limits are rounded up to it.
pub(super) const TICK_MS: u64 = 10;

/// More memories or tables than a valid module can define, so that the pool refuses none for its module alone: whether a
/// component fits is decided over all its modules, before anything runs, the same way with and without the pool.
const MODULE_ITEMS_MAX: u32 = 100;

/// How much address space a memory takes at first where there is no pool, in bytes, and how much more when it moves.
const ON_DEMAND_BYTES: u64 = 16 << 20;

/// How many stores may live at once in the pool.
const POOL_STORES: u32 = 16;

/// How instances get their memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allocation {
    /// Slots reserved ahead: microseconds an instance, but hundreds of gigabytes of address space.
    Pooling,
    /// Mapped for each instance.
    OnDemand,
}

/// How a [`Sandbox`] is started.
#[derive(Debug, Clone)]
pub struct EngineOptions {
    /// Where compiled components are kept. This is trusted native code: the folder must lie where nothing untrusted can
    /// write, never inside a repository. `None` compiles each time.
    pub cache_dir: Option<PathBuf>,
    /// How instances get their memory. [`Allocation::Pooling`] falls back to the other, with a warning, where the machine
    /// does not give enough address space.
    pub allocation: Allocation,
}

/// Why the engine could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartFault {
    /// The folder of compiled components cannot be used.
    #[error("the cache of compiled components at {} cannot be used: {reason}", path.display())]
    Cache {
        /// The folder.
        path: PathBuf,
        /// What the cache said.
        reason: String,
    },
    /// The engine refused its settings on this machine.
    #[error("the WebAssembly engine cannot run on this machine: {reason}")]
    Engine {
        /// What the engine said.
        reason: String,
    },
}

/// The engine and its ticker. Cheap to clone; stores are never shared.
#[derive(Debug, Clone)]
pub struct Sandbox {
    engine: Engine,
    allocation: Allocation,
    ticker: Arc<Ticker>,
}

impl Sandbox {
    /// Starts the engine and the one thread that advances its epoch while a call is under way.
    ///
    /// # Errors
    ///
    /// [`StartFault`] when the cache folder or the engine cannot be used. Too little address space for the pool is not an
    /// error: it is warned about and instances are then mapped one by one.
    pub fn start(options: &EngineOptions) -> Result<Self, StartFault> {
        let (engine, allocation) = match options.allocation {
            Allocation::OnDemand => (new_engine(options, Allocation::OnDemand)?, Allocation::OnDemand),
            Allocation::Pooling => match new_engine(options, Allocation::Pooling) {
                Ok(engine) => (engine, Allocation::Pooling),
                Err(StartFault::Engine { reason }) => {
                    tracing::warn!(%reason, "the instance pool cannot be reserved; instances are mapped one by one");
                    (new_engine(options, Allocation::OnDemand)?, Allocation::OnDemand)
                }
                Err(fault) => return Err(fault),
            },
        };
        let ticking = engine.clone();
        let ticker = Ticker::start(POOL_STORES as usize, Duration::from_millis(TICK_MS), move || {
            ticking.increment_epoch();
        });
        Ok(Self {
            engine,
            allocation,
            ticker: Arc::new(ticker),
        })
    }

    /// How instances really get their memory on this machine.
    #[must_use]
    pub fn allocation(&self) -> Allocation {
        self.allocation
    }

    /// How many calls may run at once.
    #[must_use]
    pub fn calls_max(&self) -> usize {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        cores.clamp(2, POOL_STORES as usize)
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Waits until the pool has room for a call, which is under way as long as what this gives lives: time passes for it.
    pub(super) fn begin_call(&self) -> UnderWay<'_> {
        self.ticker.begin()
    }
}

fn new_engine(options: &EngineOptions, allocation: Allocation) -> Result<Engine, StartFault> {
    let mut config = profile();
    if let Some(path) = &options.cache_dir {
        let mut cache = CacheConfig::new();
        cache.with_directory(path.clone());
        let cache = Cache::new(cache).map_err(|error| StartFault::Cache {
            path: path.clone(),
            reason: format!("{error:#}"),
        })?;
        config.cache(Some(cache));
    }
    match allocation {
        Allocation::Pooling => {
            config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
        }
        // This is for machines with little address space: memories start small, move when they grow, and are checked at
        // every access instead of by guard pages. Slower, and no guest can tell.
        Allocation::OnDemand => {
            config
                .memory_reservation(ON_DEMAND_BYTES)
                .memory_reservation_for_growth(ON_DEMAND_BYTES);
            config.memory_guard_size(64 << 10);
        }
    }
    Engine::new(&config).map_err(|error| StartFault::Engine {
        reason: format!("{error:#}"),
    })
}

/// The settings behind [`PROFILE`], without what depends on the machine.
fn profile() -> Config {
    let mut config = Config::new();
    config
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(STACK_BYTES)
        .cranelift_nan_canonicalization(true)
        .wasm_relaxed_simd(false)
        .relaxed_simd_deterministic(true)
        // Fused adapters of composed components need several memories, language runtimes need tail calls.
        .wasm_multi_memory(true)
        .wasm_tail_call(true)
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .memory_init_cow(true);
    config
}

/// Room for [`POOL_STORES`] stores at their limits. What one component may have is not limited here but by the checks of
/// every load and every store, so that a guest cannot tell the two allocations apart.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(POOL_STORES)
        .total_core_instances(POOL_STORES * STORE_INSTANCES_MAX)
        .total_memories(POOL_STORES * MEMORIES_MAX)
        .max_memories_per_module(MODULE_ITEMS_MAX)
        .total_tables(POOL_STORES * TABLES_MAX)
        .max_tables_per_module(MODULE_ITEMS_MAX)
        .table_elements(TABLE_ELEMENTS_MAX)
        .max_memory_size(MEMORY_BYTES_CEILING)
        .total_stacks(POOL_STORES)
        .max_unused_warm_slots(4);
    pool
}
