//! `kindred serve` on a free port, and a client for it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use ureq::http::Method;

use super::program::{kindred, path};

/// A running server; killed when it is dropped.
pub struct Server {
    /// Somebody else's where it is none.
    process: Option<Child>,
    pub address: String,
    /// What it printed up to its address.
    pub greeting: String,
}

/// A response's status, content type, and body: as JSON, and as it is where it is text.
pub struct Response {
    pub status: u16,
    pub content_type: String,
    pub headers: ureq::http::HeaderMap,
    pub body: Value,
    pub text: String,
}

impl Server {
    pub fn start(gallery: &Path) -> Self {
        Self::of(&mut kindred(&["serve", "--gallery", path(gallery), "--listen", "127.0.0.1:0"]))
    }

    /// The server that a command starts, once it has printed its address.
    pub fn of(command: &mut Command) -> Self {
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut greeting = String::new();
        let line = loop {
            let line = lines.next().expect("it prints its address");
            greeting += &line;
            greeting.push('\n');
            if line.contains("http://") {
                break line;
            }
        };
        // What it prints afterwards must have somewhere to go.
        std::thread::spawn(move || lines.for_each(drop));
        let address = line.split("http://").nth(1).unwrap_or_default();
        let address = address.split(',').next().unwrap().to_owned();
        Self { process: Some(process), address, greeting }
    }

    /// The same server under another address.
    pub fn at(address: &str) -> Self {
        Self { process: None, address: address.to_owned(), greeting: String::new() }
    }

    /// Asks it to stop and waits; returns its exit code.
    pub fn terminate(mut self) -> i32 {
        let mut process = self.process.take().unwrap();
        kill(Pid::from_raw(process.id() as i32), Signal::SIGTERM).unwrap();
        process.wait().unwrap().code().unwrap_or(-1)
    }

    pub fn get(&self, route: &str) -> Response {
        let agent = agent();
        read(agent.get(format!("http://{}{route}", self.address)).call().unwrap())
    }

    /// Posts a multipart form of these parts: name, file name and content.
    pub fn post_form(&self, route: &str, parts: &[(&str, Option<&str>, &[u8])]) -> Response {
        self.send_form(Method::POST, route, parts)
    }

    /// Sends one in another way.
    pub fn send_form(
        &self,
        method: Method,
        route: &str,
        parts: &[(&str, Option<&str>, &[u8])],
    ) -> Response {
        let mut body = Vec::new();
        for (name, file, content) in parts {
            let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
            body.extend(
                format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n")
                    .bytes(),
            );
            body.extend_from_slice(content);
            body.extend(b"\r\n");
        }
        body.extend(b"--XX--\r\n");
        let content_type = ("content-type", "multipart/form-data; boundary=XX");
        self.send(method, route, &[content_type], &body)
    }

    pub fn post(&self, route: &str, content_type: &str, body: &[u8]) -> Response {
        self.send(Method::POST, route, &[("content-type", content_type)], body)
    }

    pub fn delete(&self, route: &str) -> Response {
        self.send(Method::DELETE, route, &[], &[])
    }

    pub fn send(
        &self,
        method: Method,
        route: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Response {
        let mut request = ureq::http::Request::builder()
            .method(method)
            .uri(format!("http://{}{route}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        read(agent().run(request.body(body).unwrap()).unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            // It may have ended already.
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false);
    config.allow_non_standard_methods(true).build().into()
}

fn read(mut response: ureq::http::Response<ureq::Body>) -> Response {
    let headers = response.headers().clone();
    let content_type = headers.get("content-type").map(|v| v.to_str().unwrap().to_owned());
    let bytes = response.body_mut().read_to_vec().unwrap();
    Response {
        status: response.status().as_u16(),
        content_type: content_type.unwrap_or_default(),
        headers,
        body: serde_json::from_slice(&bytes).unwrap_or(Value::Null),
        text: String::from_utf8(bytes).unwrap_or_default(),
    }
}
