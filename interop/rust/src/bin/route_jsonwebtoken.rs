// region docs
mod verify_jsonwebtoken;

use jsonwebtoken::Algorithm;
use std::env::var;
use std::error::Error;
use tiny_http::{Header, Request, Response, Server};
use verify_jsonwebtoken::{Realm, verify};

/// The claims of the caller, or the challenge of the 401.
fn caller_of(request: &Request, realm: &Realm) -> Result<serde_json::Value, &'static str> {
    let field = request.headers().iter().find(|header| header.field.equiv("Authorization"));
    let credentials = field.map(|header| header.value.as_str()).unwrap_or_default();
    let Some((scheme, token)) = credentials.split_once(' ') else { return Err("Bearer") };
    if !scheme.eq_ignore_ascii_case("Bearer") {
        return Err("Bearer");
    }
    verify(token, realm).map_err(|error| {
        eprintln!("refused: {error}");
        "Bearer error=\"invalid_token\""
    })
}

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let (issuer, jwks_uri) = (var("ISSUER")?, var("JWKS_URI")?);
    let realm = Realm {
        issuer: &issuer,
        audience: Some("nt24-integration-api"),
        jwks_uri: &jwks_uri,
        typ: Some("JWT"), // "at+jwt" with the profile rfc9068
        algorithm: Algorithm::ES256,
    };
    let server = Server::http(format!("127.0.0.1:{}", var("PORT").unwrap_or("3000".into())))?;
    for request in server.incoming_requests() {
        let response = if request.url() != "/v1/orders" {
            Response::from_string("").with_status_code(404)
        } else {
            match caller_of(&request, &realm) {
                Ok(claims) => Response::from_string(format!("orders for {}\n", claims["client_id"].as_str().unwrap_or_default())),
                Err(challenge) => Response::from_string("")
                    .with_status_code(401)
                    .with_header(Header::from_bytes("WWW-Authenticate", challenge).expect("a valid header")),
            }
        };
        request.respond(response)?;
    }
    Ok(())
}
// endregion
