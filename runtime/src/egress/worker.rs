//! A thread on which requests are sent for callers that wait for them.
//!
//! Such a caller may stand in a runtime itself, where it must not start another one. So the work is done elsewhere.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::OnceLock;
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The thread, started for the first job. It ends when nobody can bring another.
#[derive(Debug, Default)]
pub(super) struct Worker {
    jobs: OnceLock<Result<UnboundedSender<Job>, String>>,
}

/// Why there is no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Lost {
    /// The thread could not be started.
    #[error("the machine gives no thread for requests: {0}")]
    NoThread(String),
    /// It took longer than anything may.
    #[error("it took too long")]
    Late,
    /// The work ended without a result: a bug.
    #[error("a bug in Assize ended the request; please report it")]
    Dropped,
}

impl Worker {
    /// Does some work and waits for what comes of it, at most for `time`.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
        time: Duration,
    ) -> Result<T, Lost> {
        let jobs = self.jobs.get_or_init(|| start().map_err(|error| error.to_string()));
        let jobs = jobs.as_ref().map_err(|error| Lost::NoThread(error.clone()))?;
        let (sender, result) = sync_channel(1);
        let job: Job = Box::pin(async move {
            // Nobody may be waiting any more.
            let _ = sender.send(work.await);
        });
        jobs.send(job).map_err(|_| Lost::Dropped)?;
        result.recv_timeout(time).map_err(|error| match error {
            RecvTimeoutError::Timeout => Lost::Late,
            RecvTimeoutError::Disconnected => Lost::Dropped,
        })
    }
}

fn start() -> io::Result<UnboundedSender<Job>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .enable_time()
        .build()?;
    let (sender, jobs) = unbounded_channel();
    std::thread::Builder::new()
        .name("egress".into())
        .spawn(move || runtime.block_on(work(jobs)))?;
    Ok(sender)
}

async fn work(mut jobs: UnboundedReceiver<Job>) {
    while let Some(job) = jobs.recv().await {
        // Jobs of several callers go on side by side.
        drop(tokio::spawn(job));
    }
}
