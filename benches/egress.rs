//! What the one way out costs: a small request through it against the same request by a plain client, over loopback, each over a
//! connection of its own.

use std::time::Duration;

use assize::egress::{Bounds, Egress, Prepared, Request, Rules};
use assize::policy::limits::Limits;
use assize::secret::Secrets;
use assize_benches::compare;
use assize_tests::bad_server::BadServer;
use assize_tests::guests::{self, Asked};
use assize_tests::workshop::Workshop;
use http_body_util::{BodyExt, Empty};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;

/// How many requests make one round.
const CALLS: u32 = 300;

fn main() {
    let server = BadServer::start();
    let url = format!("{}/hello", server.origin());
    let role = format!(
        "allow = [\"http.send\"]\n[[roles.agent.http]]\norigin = \"{}\"\nmethods = [\"GET\"]\npath_prefix = \"/hello\"\n",
        server.origin()
    );
    let mut workshop = Workshop::open();
    let agent = workshop.load(&guests::sending_agent(&Asked::new("GET", &url)));
    let grants = workshop.grants(&role, &agent);
    let (rules, secrets) = (Rules::of(&grants), Secrets::default());
    let egress = Egress::default();
    let plain = Plain::new();
    compare(
        "a request through egress",
        11,
        CALLS,
        || {
            let request = Request {
                method: "GET".to_owned(),
                url: url.clone(),
                headers: Vec::new(),
                body: Vec::new(),
            };
            let bounds = Bounds::of(&Limits::standard());
            let prepared = Prepared::check(&rules, bounds, &secrets, request).expect("it is granted");
            let (response, _) = egress.send_waiting(prepared, Duration::from_secs(10));
            assert_eq!(response.expect("an answer").body, b"hello");
        },
        || assert_eq!(plain.get(server.port()), b"hello"),
    );
    workshop.outside.egress = Some(egress);
    compare(
        "a whole call of an agent that sends one request, its record on disk included,",
        5,
        20,
        || {
            let account = workshop.run_loaded(&agent, grants.clone(), "null");
            assert_eq!(account.outings.len(), 1);
        },
        || assert_eq!(plain.get(server.port()), b"hello"),
    );
}

/// A plain client.
struct Plain {
    runtime: tokio::runtime::Runtime,
}

impl Plain {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .expect("a runtime");
        Self { runtime }
    }

    fn get(&self, port: u16) -> Vec<u8> {
        self.runtime.block_on(async {
            let stream = tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .expect("a connection");
            let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
                .await
                .expect("a client");
            let driving = tokio::spawn(connection);
            let request = hyper::Request::get("/hello")
                .header("host", format!("127.0.0.1:{port}"))
                .body(Empty::<Bytes>::new())
                .expect("a request");
            let answer = sender.send_request(request).await.expect("an answer");
            let body = answer.into_body().collect().await.expect("a body").to_bytes();
            driving.abort();
            body.to_vec()
        })
    }
}
