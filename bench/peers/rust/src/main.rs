//! The same work as a token request of Countersign, in Rust: parse the form, check the secret by an HMAC, sign the token, write an audit
//! row that is on disk before the answer leaves, and an access-log line. Concurrent requests share a commit. One client; nothing else.
use std::{
    fs::File,
    io::{BufWriter, Write},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, mpsc},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{ConnectInfo, DefaultBodyLimit, State},
    http::{Response, StatusCode, header},
    routing::post,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::{
    hmac,
    rand::{SecureRandom, SystemRandom},
    rsa, signature,
};
use rusqlite::{Connection, params};
use serde::Serialize;
use tokio::sync::oneshot;

const TOKEN_PATH: &str = "/realms/bench/protocol/openid-connect/token";
const ISSUER: &str = "https://auth.example.com/realms/bench";
const AUDIENCE: &str = "nt24-integration-api";
const CLIENT_ID: &str = "api-client-acme";
const SCOPE: &str = "profile email";
const LIFETIME: u64 = 300;
const BODY_LIMIT: usize = 32 * 1024;
const BATCH_LIMIT: usize = 256;

#[derive(Serialize)]
struct Claims<'a> {
    exp: u64,
    iat: u64,
    jti: &'a str,
    iss: &'a str,
    aud: &'a str,
    sub: &'a str,
    typ: &'a str,
    azp: &'a str,
    scope: &'a str,
    client_id: &'a str,
    organization_id: &'a str,
}

#[derive(Serialize)]
struct Answer<'a> {
    access_token: &'a str,
    expires_in: u64,
    refresh_expires_in: u64,
    token_type: &'a str,
    #[serde(rename = "not-before-policy")]
    not_before_policy: u64,
    scope: &'a str,
}

#[derive(Serialize)]
struct AccessLine<'a> {
    time: u128,
    method: &'a str,
    path: &'a str,
    status: u16,
    #[serde(rename = "clientId")]
    client_id: &'a str,
    address: String,
    microseconds: u128,
}

struct Event {
    at: u128,
    token_id: String,
    address: SocketAddr,
    written: oneshot::Sender<bool>,
}

enum Signer {
    Es256(signature::EcdsaKeyPair),
    Rs256(rsa::KeyPair),
}

struct Floor {
    random: SystemRandom,
    signer: Signer,
    header: String,
    pepper: hmac::Key,
    secret_digest: hmac::Tag,
    organization: String,
    subject: String,
    events: mpsc::Sender<Event>,
    access_log: Mutex<BufWriter<File>>,
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, algorithm, folder] = arguments.as_slice() else { panic!("usage: floor ES256|RS256 FOLDER") };
    let folder = PathBuf::from(folder);
    let random = SystemRandom::new();
    let secret = URL_SAFE_NO_PAD.encode(random_bytes::<32>(&random));
    let pepper = hmac::Key::new(hmac::HMAC_SHA256, &random_bytes::<32>(&random));
    let kid = URL_SAFE_NO_PAD.encode(random_bytes::<32>(&random));
    let (events, received) = mpsc::channel();
    let audit_key = pepper.clone();
    let audit_file = folder.join("audit.db");
    std::thread::spawn(move || write_events(&audit_file, &audit_key, &received));
    let floor = Arc::new(Floor {
        signer: signer(algorithm, &random),
        header: encode(&serde_json::json!({ "alg": algorithm, "typ": "JWT", "kid": kid })),
        secret_digest: hmac::sign(&pepper, secret.as_bytes()),
        pepper,
        organization: uuid(&random),
        subject: uuid(&random),
        events,
        access_log: Mutex::new(BufWriter::with_capacity(64 * 1024, File::create(folder.join("access.log")).unwrap())),
        random,
    });
    tokio::spawn(flush_access_log(floor.clone()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let form = serde_json::json!({ "grant_type": "client_credentials", "client_id": CLIENT_ID, "client_secret": secret });
    let port = listener.local_addr().unwrap().port();
    println!("{}", serde_json::json!({ "port": port, "path": TOKEN_PATH, "form": form }));
    std::thread::spawn(end_with_parent);
    let app = Router::new().route(TOKEN_PATH, post(token)).layer(DefaultBodyLimit::max(BODY_LIMIT)).with_state(floor);
    axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>()).await.unwrap();
}

async fn token(State(floor): State<Arc<Floor>>, ConnectInfo(address): ConnectInfo<SocketAddr>, body: Bytes) -> Response<Body> {
    let started = Instant::now();
    let mut grant_type = None;
    let mut client_id = None;
    let mut client_secret = None;
    for (name, value) in form_urlencoded::parse(&body) {
        match name.as_ref() {
            "grant_type" => grant_type = Some(value),
            "client_id" => client_id = Some(value),
            "client_secret" => client_secret = Some(value),
            _ => {}
        }
    }
    if grant_type.as_deref() != Some("client_credentials") {
        return floor.send(address, started, StatusCode::BAD_REQUEST, r#"{"error":"invalid_request"}"#.into());
    }
    let is_secret = hmac::verify(&floor.pepper, client_secret.unwrap_or_default().as_bytes(), floor.secret_digest.as_ref()).is_ok();
    if client_id.as_deref() != Some(CLIENT_ID) || !is_secret {
        return floor.send(address, started, StatusCode::UNAUTHORIZED, r#"{"error":"invalid_client"}"#.into());
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let token_id = uuid(&floor.random);
    let claims = Claims {
        exp: now.as_secs() + LIFETIME,
        iat: now.as_secs(),
        jti: &token_id,
        iss: ISSUER,
        aud: AUDIENCE,
        sub: &floor.subject,
        typ: "Bearer",
        azp: CLIENT_ID,
        scope: SCOPE,
        client_id: CLIENT_ID,
        organization_id: &floor.organization,
    };
    let input = format!("{}.{}", floor.header, encode(&claims));
    let (written, is_written) = oneshot::channel();
    floor.events.send(Event { at: now.as_millis(), token_id, address, written }).unwrap();
    if is_written.await != Ok(true) {
        return floor.send(address, started, StatusCode::SERVICE_UNAVAILABLE, r#"{"error":"temporarily_unavailable"}"#.into());
    }
    let access_token = format!("{input}.{}", URL_SAFE_NO_PAD.encode(floor.sign(input.as_bytes())));
    let answer = Answer {
        access_token: &access_token,
        expires_in: LIFETIME,
        refresh_expires_in: 0,
        token_type: "Bearer",
        not_before_policy: 0,
        scope: SCOPE,
    };
    floor.send(address, started, StatusCode::OK, serde_json::to_string(&answer).unwrap())
}

impl Floor {
    fn sign(&self, input: &[u8]) -> Vec<u8> {
        match &self.signer {
            Signer::Es256(key) => key.sign(&self.random, input).unwrap().as_ref().to_vec(),
            Signer::Rs256(key) => {
                let mut signature = vec![0; key.public().modulus_len()];
                key.sign(&signature::RSA_PKCS1_SHA256, &self.random, input, &mut signature).unwrap();
                signature
            }
        }
    }

    fn send(&self, address: SocketAddr, started: Instant, status: StatusCode, body: String) -> Response<Body> {
        let line = AccessLine {
            time: SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis(),
            method: "POST",
            path: TOKEN_PATH,
            status: status.as_u16(),
            client_id: CLIENT_ID,
            address: address.to_string(),
            microseconds: started.elapsed().as_micros(),
        };
        let mut text = serde_json::to_vec(&line).unwrap();
        text.push(b'\n');
        self.access_log.lock().unwrap().write_all(&text).unwrap();
        Response::builder()
            .status(status)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::PRAGMA, "no-cache")
            .body(Body::from(body))
            .unwrap()
    }
}

async fn flush_access_log(floor: Arc<Floor>) {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    loop {
        ticks.tick().await;
        floor.access_log.lock().unwrap().flush().unwrap();
    }
}

/// Commits what arrived during the commit before as one transaction; each row has a MAC over the row before it.
fn write_events(file: &Path, key: &hmac::Key, received: &mpsc::Receiver<Event>) {
    let db = Connection::open(file).unwrap();
    db.execute_batch(
        "pragma journal_mode = wal; pragma synchronous = full;
         create table audit_events (id integer primary key, at integer, kind text, client_id text, address text, detail text, mac blob)",
    )
    .unwrap();
    let mut chain = vec![0; 32];
    while let Ok(first) = received.recv() {
        let batch: Vec<Event> = std::iter::once(first).chain(received.try_iter().take(BATCH_LIMIT - 1)).collect();
        let is_written = write_batch(&db, key, &batch, &mut chain).is_ok();
        for event in batch {
            let _ = event.written.send(is_written);
        }
    }
}

fn write_batch(db: &Connection, key: &hmac::Key, batch: &[Event], chain: &mut Vec<u8>) -> rusqlite::Result<()> {
    let transaction = db.unchecked_transaction()?;
    let sql = "insert into audit_events (at, kind, client_id, address, detail, mac) values (?, 'token.issued', ?, ?, ?, ?)";
    let mut insert = db.prepare_cached(sql)?;
    for event in batch {
        let detail = serde_json::json!({ "tokenId": event.token_id, "scope": SCOPE }).to_string();
        let address = event.address.to_string();
        let mut mac = hmac::Context::with_key(key);
        mac.update(chain);
        mac.update(format!("{}{CLIENT_ID}{address}{detail}", event.at).as_bytes());
        *chain = mac.sign().as_ref().to_vec();
        insert.execute(params![event.at as i64, CLIENT_ID, address, detail, &*chain])?;
    }
    transaction.commit()
}

fn signer(algorithm: &str, random: &SystemRandom) -> Signer {
    if algorithm == "RS256" {
        // ring signs with RSA keys but does not make them.
        let key = ::rsa::RsaPrivateKey::new(&mut rand::thread_rng(), 2048).unwrap();
        let document = ::rsa::pkcs8::EncodePrivateKey::to_pkcs8_der(&key).unwrap();
        return Signer::Rs256(rsa::KeyPair::from_pkcs8(document.as_bytes()).unwrap());
    }
    let kind = &signature::ECDSA_P256_SHA256_FIXED_SIGNING;
    let document = signature::EcdsaKeyPair::generate_pkcs8(kind, random).unwrap();
    Signer::Es256(signature::EcdsaKeyPair::from_pkcs8(kind, document.as_ref(), random).unwrap())
}

fn encode(value: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(value).unwrap())
}

fn uuid(random: &SystemRandom) -> String {
    let mut bytes = random_bytes::<16>(random);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let text: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{}-{}-{}-{}-{}", &text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..])
}

fn random_bytes<const COUNT: usize>(random: &SystemRandom) -> [u8; COUNT] {
    let mut bytes = [0; COUNT];
    random.fill(&mut bytes).unwrap();
    bytes
}

/// Ends the process when the measurement closes its standard input.
fn end_with_parent() {
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
    std::process::exit(0);
}
